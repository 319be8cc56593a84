-- A row is one input channel of one layer in one quantized trial.
CREATE VIEW v_channel AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.alpha_mode, t.calibration_batches, l.position, l.name AS layer, c.channel,
       c.act_min, c.act_max, c.act_absmax, w.weight_absmax, s.alpha AS layer_alpha, sv.value AS s,
       c.act_absmax / sv.value AS act_absmax_smoothed, w.weight_absmax * sv.value AS weight_absmax_smoothed,
       t.absmax, c.act_absmax_view, w.weight_absmax_view
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN smoothing s ON s.trial_id = t.id
JOIN layer l ON l.id = s.layer_id
JOIN json_each(s.s) sv
JOIN channel_stat c ON c.observation_id = t.observation_id AND c.layer_id = l.id AND c.channel = sv.key
JOIN weight_stat w ON w.layer_id = l.id AND w.channel = c.channel;
