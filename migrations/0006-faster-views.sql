-- Two views of the same rows and columns as before, for sweeps of thousands of trials: a front by running maxima instead of
-- comparing all pairs of trials, and alike trials found once by their settings instead of once a layer.

DROP VIEW v_pareto;
DROP VIEW v_calibration_noise;

-- How many layers stay float against accuracy; all trials but those of one layer quantized alone.
CREATE VIEW v_pareto AS
WITH size AS (
  SELECT l.id, l.model_id, coalesce((SELECT round(exp(sum(ln(j.value)))) FROM json_each(l.weight_shape) j), 0) AS weights FROM layer l
), point AS (
  SELECT sw.name AS sweep, st.label, t.id, t.model_id, t.role, t.fp32_key, t.keep_float, t.activation_bits, t.weight_bits,
         t.output_divergence, a.value, a.ci_low, a.ci_high,
         (SELECT count(*) FROM layer l WHERE l.model_id = t.model_id) AS layers,
         (SELECT count(*) FROM quantizer q WHERE q.trial_id = t.id AND q.role = 'input') AS quantized_layers
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  WHERE t.status = 'done' AND t.role <> 'fp32' AND t.sensitivity IS NOT 'only'
), ranked AS (
  -- Beside each trial the best of those that quantize more layers, and of those that quantize as many or more.
  SELECT *, max(value) OVER (bits ORDER BY quantized_layers DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS best_of_more,
         max(value) OVER (bits ORDER BY quantized_layers DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS best_of_equal
  FROM point
  WINDOW bits AS (PARTITION BY sweep, fp32_key, activation_bits, weight_bits)
)
SELECT p.sweep, p.id AS trial, p.label, p.role, p.activation_bits, p.weight_bits, p.keep_float,
       p.layers - p.quantized_layers AS float_layers, p.layers,
       1 - (SELECT sum(z.weights) FROM quantizer q JOIN size z ON z.id = q.layer_id WHERE q.trial_id = p.id AND q.role = 'weight')
         / nullif((SELECT sum(z.weights) FROM size z WHERE z.model_id = p.model_id), 0) AS float_weight_share,
       p.value, p.ci_low, p.ci_high, p.output_divergence,
       p.value >= p.best_of_equal AND (p.best_of_more IS NULL OR p.value > p.best_of_more) AS on_front
FROM ranked p;

-- Trials that are equal but for the seed of their calibration samples: the spread of ranges, alphas and values.
CREATE VIEW v_calibration_noise AS
WITH seeded AS (
  SELECT sw.name AS sweep, sw.id AS sweep_id, t.id, a.value,
         min(t.id) OVER (PARTITION BY sw.name, json_remove(t.settings, '$.calibration.sampleSeed')) AS alike
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  WHERE t.status = 'done' AND t.role IN ('candidate', 'unsmoothed') AND t.calibration_seed IS NOT NULL
), spread AS (
  SELECT s.sweep, s.sweep_id, l.position, l.name, count(*) AS n, min(s.id) AS first_trial, avg(q.amax) AS mean, min(q.amax) AS low,
         max(q.amax) AS high, avg(q.amax * q.amax) - avg(q.amax) * avg(q.amax) AS variance,
         min(m.alpha) AS alpha_min, max(m.alpha) AS alpha_max, min(s.value) AS value_min, max(s.value) AS value_max
  FROM seeded s
  -- CROSS: seeded trials are few or none, and come first.
  CROSS JOIN quantizer q ON q.trial_id = s.id AND q.role = 'input'
  JOIN layer l ON l.id = q.layer_id
  LEFT JOIN smoothing m ON m.trial_id = s.id AND m.layer_id = l.id
  GROUP BY s.sweep, s.sweep_id, s.alike, l.id
)
SELECT p.sweep, p.first_trial, st.label AS first_label, p.position, p.name AS layer, p.n AS seeds, p.mean AS amax_mean,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) AS amax_sd, p.low AS amax_min, p.high AS amax_max,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) / nullif(p.mean, 0) AS amax_relative_sd,
       p.alpha_min, p.alpha_max, p.value_min, p.value_max
FROM spread p
JOIN sweep_trial st ON st.sweep_id = p.sweep_id AND st.trial_id = p.first_trial;
