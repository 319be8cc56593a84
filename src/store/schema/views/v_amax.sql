-- A row is one quantizer, of the input or of the weight, of one layer in one trial.
CREATE VIEW v_amax AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role AS trial_role, t.alpha_mode, t.alpha AS trial_alpha, s.alpha AS layer_alpha,
       t.absmax, t.calibration_batches, l.position, l.name AS layer, q.role, q.granularity, q.bits, q.amax, q.amax_unsmoothed,
       q.amax / nullif(q.amax_unsmoothed, 0) AS ratio, q.scale, q.zero_point, q.signed, q.narrow_range, q.low
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN quantizer q ON q.trial_id = t.id
JOIN layer l ON l.id = q.layer_id
LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id;
