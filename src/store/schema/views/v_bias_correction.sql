-- A row is one layer whose bias one trial corrected.
CREATE VIEW v_bias_correction AS
SELECT sw.name AS sweep, t.id AS trial, st.label, l.position, l.name AS layer,
       coalesce(b.output_correction_max, b.correction_max) AS correction_max, coalesce(b.output_correction, b.correction) AS correction
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN bias_correction b ON b.trial_id = t.id
JOIN layer l ON l.id = b.layer_id;
