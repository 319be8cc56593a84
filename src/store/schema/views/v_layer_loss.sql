-- A row is one layer in one trial, by one mode of loss.
CREATE VIEW v_layer_loss AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, t.alpha_mode, t.alpha AS trial_alpha, s.alpha AS layer_alpha, t.absmax,
       t.calibration_batches, l.position, l.name AS layer, l.op, ll.mode, ll.l1, ll.rel_l1, ll.mse, ll.sqnr_db, ll.cosine, ll.max_abs
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN layer_loss ll ON ll.trial_id = t.id
JOIN layer l ON l.id = ll.layer_id
LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id;
