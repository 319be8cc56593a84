-- A row is one alpha of one layer that the search of one trial tried.
CREATE VIEW v_search_curve AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.calibration_batches, l.position, l.name AS layer, c.alpha, c.loss, c.rel_l1, c.chosen, c.sweep AS descent_sweep
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN search_curve c ON c.stage_id = t.search_stage_id
JOIN layer l ON l.id = c.layer_id;
