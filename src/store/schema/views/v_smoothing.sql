-- A row is one layer in one trial, with its smoothing factors summed up.
CREATE VIEW v_smoothing AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.alpha_mode, t.alpha AS trial_alpha, t.calibration_batches,
       l.position, l.name AS layer, s.alpha AS layer_alpha, s.apply, s.fallback_reason,
       s.s_min, s.s_max, s.s_geomean, s.dead_channels, l.input_channels
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN smoothing s ON s.trial_id = t.id
JOIN layer l ON l.id = s.layer_id;
