-- A row is one layer over the trials that are equal but for the seed of their calibration samples.
CREATE VIEW v_calibration_noise AS
WITH spread AS (
  SELECT sw.name AS sweep, sw.id AS sweep_id, q.layer_id, count(*) AS n, min(t.id) AS first_trial, avg(q.amax) AS mean,
         min(q.amax) AS low, max(q.amax) AS high, avg(q.amax * q.amax) - avg(q.amax) * avg(q.amax) AS variance,
         min(m.alpha) AS alpha_min, max(m.alpha) AS alpha_max, min(a.value) AS value_min, max(a.value) AS value_max
  FROM sweep sw
  CROSS JOIN json_each((
    SELECT json_group_array(json(alike)) FROM (
      SELECT json_group_array(t.id) AS alike
      FROM sweep_trial st
      JOIN trial t ON t.id = st.trial_id
      JOIN v_alike k ON k.sweep = sw.name AND k.trial = t.id
      WHERE st.sweep_id = sw.id AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed') AND t.calibration_seed IS NOT NULL
      GROUP BY k.but_seed
    )
  )) setting
  -- CROSS: seeded trials are few or none, and come first.
  CROSS JOIN json_each(setting.value) member
  CROSS JOIN trial t ON t.id = member.value
  CROSS JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  CROSS JOIN quantizer q ON q.trial_id = t.id AND q.role = 'input'
  LEFT JOIN smoothing m ON m.trial_id = t.id AND m.layer_id = q.layer_id
  GROUP BY sw.name, setting.key, q.layer_id
)
SELECT p.sweep, p.first_trial, st.label AS first_label, l.position, l.name AS layer, p.n AS seeds, p.mean AS amax_mean,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) AS amax_sd, p.low AS amax_min, p.high AS amax_max,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) / nullif(p.mean, 0) AS amax_relative_sd,
       p.alpha_min, p.alpha_max, p.value_min, p.value_max
FROM spread p
JOIN layer l ON l.id = p.layer_id
JOIN sweep_trial st ON st.sweep_id = p.sweep_id AND st.trial_id = p.first_trial;
