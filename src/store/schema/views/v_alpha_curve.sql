-- A row is one static alpha that the search of one trial tried on the whole model.
CREATE VIEW v_alpha_curve AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.calibration_batches, c.alpha, c.divergence, c.chosen
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN alpha_curve c ON c.stage_id = t.search_stage_id;
