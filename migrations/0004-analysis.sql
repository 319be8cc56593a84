-- What sweeps are read for: which layers pay, what keeping them in float brings, which loss predicts accuracy, and how much
-- the choice of calibration samples matters.

-- Trials of one layer's sensitivity, beside the trial that is equal but quantizes every layer.
CREATE VIEW v_sensitivity AS
WITH own AS (
  SELECT st.sweep_id, st.label, t.id, t.model_id, t.fp32_key, t.sensitivity, t.focus_layer, t.output_divergence, a.value,
         json_remove(json_set(t.settings, '$.layers.sensitivity', 'none', '$.layers.focus', '*'), '$.role') AS whole
  FROM sweep_trial st
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  WHERE t.status = 'done' AND t.role <> 'fp32'
), of_layer AS (
  SELECT sweep_id, model_id, fp32_key, whole, focus_layer,
         max(id) FILTER (WHERE sensitivity = 'only') AS only_trial,
         max(value) FILTER (WHERE sensitivity = 'only') AS only_value,
         max(output_divergence) FILTER (WHERE sensitivity = 'only') AS only_divergence,
         max(id) FILTER (WHERE sensitivity = 'allBut') AS all_but_trial,
         max(value) FILTER (WHERE sensitivity = 'allBut') AS all_but_value,
         max(output_divergence) FILTER (WHERE sensitivity = 'allBut') AS all_but_divergence
  FROM own
  WHERE sensitivity IS NOT NULL
  GROUP BY sweep_id, model_id, fp32_key, whole, focus_layer
)
SELECT sw.name AS sweep, m.name AS model,
       dense_rank() OVER (PARTITION BY o.sweep_id ORDER BY o.model_id, o.fp32_key, o.whole) AS setting, w.id AS whole_trial, w.label AS whole_label, l.position, o.focus_layer AS layer, l.op,
       f.value AS fp32_value, w.value AS whole_value, o.only_trial, o.only_value, f.value - o.only_value AS drop_only, o.only_divergence,
       o.all_but_trial, o.all_but_value, o.all_but_value - w.value AS gain_all_but, o.all_but_divergence,
       CASE WHEN o.only_divergence IS NOT NULL THEN
         rank() OVER (PARTITION BY o.sweep_id, o.model_id, o.fp32_key, o.whole ORDER BY o.only_divergence DESC) END AS rank
FROM of_layer o
JOIN sweep sw ON sw.id = o.sweep_id
JOIN model m ON m.id = o.model_id
JOIN layer l ON l.model_id = o.model_id AND l.name = o.focus_layer
LEFT JOIN own w ON w.sweep_id = o.sweep_id AND w.whole = o.whole AND w.model_id = o.model_id AND w.sensitivity IS NULL
LEFT JOIN trial ft ON ft.key = o.fp32_key
LEFT JOIN accuracy f ON f.trial_id = ft.id AND f.metric = ft.primary_metric AND f.slice = '';

-- How many layers stay float against accuracy; all trials but those of one layer quantized alone.
CREATE VIEW v_pareto AS
WITH size AS (
  SELECT l.id, l.model_id, coalesce((SELECT round(exp(sum(ln(j.value)))) FROM json_each(l.weight_shape) j), 0) AS weights FROM layer l
), point AS (
  SELECT st.sweep_id, st.label, st.position, t.id, t.role, t.fp32_key, t.sensitivity, t.keep_float, t.activation_bits, t.weight_bits,
         t.output_divergence, a.value, a.ci_low, a.ci_high,
         (SELECT count(*) FROM layer l WHERE l.model_id = t.model_id) AS layers,
         (SELECT count(*) FROM quantizer q WHERE q.trial_id = t.id AND q.role = 'input') AS quantized_layers,
         (SELECT sum(z.weights) FROM size z WHERE z.model_id = t.model_id) AS weights,
         (SELECT sum(z.weights) FROM quantizer q JOIN size z ON z.id = q.layer_id WHERE q.trial_id = t.id AND q.role = 'weight') AS quantized_weights
  FROM sweep_trial st
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  WHERE t.status = 'done' AND t.role <> 'fp32' AND t.sensitivity IS NOT 'only'
)
SELECT sw.name AS sweep, p.id AS trial, p.label, p.role, p.activation_bits, p.weight_bits, p.keep_float,
       p.layers - p.quantized_layers AS float_layers, p.layers, 1 - p.quantized_weights / nullif(p.weights, 0) AS float_weight_share,
       p.value, p.ci_low, p.ci_high, p.output_divergence,
       NOT EXISTS (
         SELECT 1 FROM point b
         WHERE b.sweep_id = p.sweep_id AND b.fp32_key = p.fp32_key AND b.activation_bits = p.activation_bits AND b.weight_bits = p.weight_bits
           AND b.quantized_layers >= p.quantized_layers AND b.value >= p.value
           AND (b.quantized_layers > p.quantized_layers OR b.value > p.value)
       ) AS on_front
FROM point p
JOIN sweep sw ON sw.id = p.sweep_id;

-- Spearman's rank correlation of each loss with the primary value over the quantized trials of a sweep that are judged on
-- one evaluation; ties have their mean rank. Losses are turned so that larger is better: 1 means that the loss orders the
-- trials as the value does. Interval: Fisher's z with the standard error of Bonett and Wright (2000). That of
-- a perfect order has no width, however few the trials: its other end is taken where two neighbours change places.
CREATE VIEW v_proxy_fidelity AS
WITH done AS (
  SELECT st.sweep_id, t.id, t.fp32_key, t.output_divergence, a.value
  FROM sweep_trial st
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  WHERE t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
), widest AS (
  -- A mean over other layers is another measure: only trials that quantize as many layers as any are compared.
  SELECT *, max(layers) OVER (PARTITION BY sweep_id, fp32_key) AS most
  FROM (SELECT d.*, (SELECT count(*) FROM quantizer q WHERE q.trial_id = d.id AND q.role = 'input') AS layers FROM done d)
), judged AS (
  SELECT sweep_id, id, fp32_key, output_divergence, value FROM widest WHERE layers = most
), mean AS (
  SELECT l.trial_id, l.mode, -avg(l.l1) AS l1, -avg(l.rel_l1) AS rel_l1, -avg(l.mse) AS mse, avg(l.sqnr_db) AS sqnr_db,
         avg(l.cosine) AS cosine, -avg(l.max_abs) AS max_abs
  FROM layer_loss l
  WHERE l.trial_id IN (SELECT id FROM judged)
  GROUP BY l.trial_id, l.mode
), proxy AS (
  SELECT trial_id, mode, 'l1' AS loss, l1 AS number FROM mean
  UNION ALL SELECT trial_id, mode, 'rel_l1', rel_l1 FROM mean
  UNION ALL SELECT trial_id, mode, 'mse', mse FROM mean
  UNION ALL SELECT trial_id, mode, 'sqnr_db', sqnr_db FROM mean
  UNION ALL SELECT trial_id, mode, 'cosine', cosine FROM mean
  UNION ALL SELECT trial_id, mode, 'max_abs', max_abs FROM mean
  UNION ALL SELECT id, 'output', 'divergence', -output_divergence FROM judged
  UNION ALL SELECT j.id, 'output', 'agreement', g.value FROM judged j JOIN accuracy g ON g.trial_id = j.id AND g.metric = 'agreement' AND g.slice = ''
), ranked AS (
  SELECT j.sweep_id, j.fp32_key, p.mode, p.loss,
         rank() OVER (PARTITION BY j.sweep_id, j.fp32_key, p.mode, p.loss ORDER BY p.number)
           + (count(*) OVER (PARTITION BY j.sweep_id, j.fp32_key, p.mode, p.loss, p.number) - 1) / 2.0 AS x,
         rank() OVER (PARTITION BY j.sweep_id, j.fp32_key, p.mode, p.loss ORDER BY j.value)
           + (count(*) OVER (PARTITION BY j.sweep_id, j.fp32_key, p.mode, p.loss, j.value) - 1) / 2.0 AS y
  FROM judged j
  JOIN proxy p ON p.trial_id = j.id
  WHERE p.number IS NOT NULL
), moments AS (
  SELECT sweep_id, fp32_key, mode, loss, count(*) AS n, avg(x * y) - avg(x) * avg(y) AS xy,
         avg(x * x) - avg(x) * avg(x) AS xx, avg(y * y) - avg(y) * avg(y) AS yy
  FROM ranked
  GROUP BY sweep_id, fp32_key, mode, loss
), correlation AS (
  SELECT sweep_id, fp32_key, mode, loss, n,
         CASE WHEN n >= 4 AND xx > 1e-9 AND yy > 1e-9 THEN max(-1.0, min(1.0, xy / sqrt(xx * yy))) END AS rho
  FROM moments
), bounded AS (
  SELECT c.*, max(12.0 / (n * n * n - n) - 1, min(1 - 12.0 / (n * n * n - n), rho)) AS inner
  FROM correlation c
)
SELECT sw.name AS sweep, c.fp32_key AS evaluation, c.mode, c.loss, c.n AS trials, c.rho,
       min(c.rho, tanh(atanh(c.inner) - 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_low,
       max(c.rho, tanh(atanh(c.inner) + 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_high
FROM bounded c
JOIN sweep sw ON sw.id = c.sweep_id;

-- Trials that are equal but for the seed of their calibration samples: the spread of ranges, alphas and values.
CREATE VIEW v_calibration_noise AS
WITH seeded AS (
  SELECT st.sweep_id, st.position, t.id, a.value, json_remove(t.settings, '$.calibration.sampleSeed') AS alike
  FROM sweep_trial st
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  WHERE t.status = 'done' AND t.role IN ('candidate', 'unsmoothed') AND t.calibration_seed IS NOT NULL
), spread AS (
  SELECT s.sweep_id, s.alike, l.position, l.name, count(*) AS n, min(s.id) AS first_trial, avg(q.amax) AS mean, min(q.amax) AS low,
         max(q.amax) AS high, avg(q.amax * q.amax) - avg(q.amax) * avg(q.amax) AS variance,
         min(m.alpha) AS alpha_min, max(m.alpha) AS alpha_max, min(s.value) AS value_min, max(s.value) AS value_max
  FROM seeded s
  JOIN quantizer q ON q.trial_id = s.id AND q.role = 'input'
  JOIN layer l ON l.id = q.layer_id
  LEFT JOIN smoothing m ON m.trial_id = s.id AND m.layer_id = l.id
  GROUP BY s.sweep_id, s.alike, l.id
)
SELECT sw.name AS sweep, p.first_trial, st.label AS first_label, p.position, p.name AS layer, p.n AS seeds, p.mean AS amax_mean,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) AS amax_sd, p.low AS amax_min, p.high AS amax_max,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) / nullif(p.mean, 0) AS amax_relative_sd,
       p.alpha_min, p.alpha_max, p.value_min, p.value_max
FROM spread p
JOIN sweep sw ON sw.id = p.sweep_id
JOIN sweep_trial st ON st.sweep_id = p.sweep_id AND st.trial_id = p.first_trial;
