-- What views took from a hundred rows a trial is kept with the trial: the means of its losses, and how much of the model it
-- quantizes. And four views of the same rows and columns as before that read it, or that read fewer rows.

-- Means of layer_loss over the layers of a trial, each over those that have a number; NULL where none has.
CREATE TABLE trial_loss (
  trial_id INTEGER NOT NULL REFERENCES trial(id),
  mode     TEXT NOT NULL CHECK (mode IN ('accumulated', 'isolated', 'weight', 'activation')),
  l1       REAL NOT NULL,
  rel_l1   REAL,
  mse      REAL NOT NULL,
  sqnr_db  REAL,
  cosine   REAL,
  max_abs  REAL NOT NULL,
  PRIMARY KEY (trial_id, mode)
) STRICT, WITHOUT ROWID;
INSERT INTO trial_loss (trial_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs)
SELECT trial_id, mode, avg(l1), avg(rel_l1), avg(mse), avg(sqnr_db), avg(cosine), avg(max_abs)
FROM layer_loss
GROUP BY trial_id, mode;

-- How much of its model a finished trial quantizes.
CREATE TABLE trial_coverage (
  trial_id           INTEGER PRIMARY KEY REFERENCES trial(id),
  layers             INTEGER NOT NULL,                 -- of the model
  quantized_layers   INTEGER NOT NULL,                 -- with a quantized input
  float_weight_share REAL                              -- of the model's weights; NULL where no weight is quantized
) STRICT;
WITH size AS MATERIALIZED (
  SELECT l.id, l.model_id, coalesce((SELECT round(exp(sum(ln(j.value)))) FROM json_each(l.weight_shape) j), 0) AS weights FROM layer l
), whole AS MATERIALIZED (
  SELECT model_id, count(*) AS layers, sum(weights) AS weights FROM size GROUP BY model_id
)
INSERT INTO trial_coverage (trial_id, layers, quantized_layers, float_weight_share)
SELECT t.id, coalesce(w.layers, 0), count(*) FILTER (WHERE q.role = 'input'),
       1 - sum(z.weights) FILTER (WHERE q.role = 'weight') / nullif(w.weights, 0)
FROM trial t
LEFT JOIN whole w ON w.model_id = t.model_id
LEFT JOIN quantizer q ON q.trial_id = t.id
LEFT JOIN size z ON z.id = q.layer_id
WHERE t.status NOT IN ('pending', 'failed')
GROUP BY t.id;

DROP VIEW v_trial;
DROP VIEW v_pareto;
DROP VIEW v_proxy_fidelity;
DROP VIEW v_calibration_noise;

CREATE VIEW v_trial AS
SELECT sw.name AS sweep, t.id AS trial, st.position, st.label, t.role, t.status,
       t.alpha_mode, t.alpha, t.absmax, t.calibration_batches, t.calibration_samples,
       t.activation_bits, t.activation_calibrator, t.weight_bits, t.weight_granularity,
       t.primary_metric AS metric, a.value, a.ci_low, a.ci_high,
       f.value AS fp32_value, a.value - f.value AS gap_to_fp32,
       u.value AS unsmoothed_value, a.value - u.value AS gain_over_unsmoothed,
       l.l1 AS mean_l1, l.rel_l1 AS mean_rel_l1, l.sqnr_db AS mean_sqnr_db,
       (SELECT g.value FROM accuracy g WHERE g.trial_id = t.id AND g.metric = 'agreement' AND g.slice = '') AS agreement,
       t.gate_error, t.provider, t.optimization_level, t.duration_ms, t.finished_at,
       t.error_class, t.error, m.name AS model, t.key, st.axes, t.settings,
       t.smoothing_apply, t.search_order, t.search_objective, t.calibration_seed, t.percentile, t.activation_scheme,
       t.weight_calibrator, t.weight_scheme, t.bias_correction, t.execution, t.sensitivity, t.focus_layer, t.keep_float,
       t.output_divergence, (SELECT g.duration_ms FROM stage g WHERE g.id = t.search_stage_id) AS search_duration_ms,
       CASE t.status WHEN 'done' THEN t.evaluation_samples WHEN 'stopped' THEN e.evaluated_samples END AS evaluated_samples
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
LEFT JOIN model m ON m.id = t.model_id
LEFT JOIN early_stop e ON e.trial_id = t.id
LEFT JOIN trial_loss l ON l.trial_id = t.id AND l.mode = 'accumulated'
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
LEFT JOIN trial ft ON ft.key = t.fp32_key
LEFT JOIN accuracy f ON f.trial_id = ft.id AND f.metric = t.primary_metric AND f.slice = ''
LEFT JOIN trial ut ON ut.key = t.unsmoothed_key
LEFT JOIN accuracy u ON u.trial_id = ut.id AND u.metric = t.primary_metric AND u.slice = '';

-- How many layers stay float against accuracy; all trials but those of one layer quantized alone.
CREATE VIEW v_pareto AS
WITH point AS (
  SELECT sw.name AS sweep, st.label, t.id, t.role, t.fp32_key, t.keep_float, t.activation_bits, t.weight_bits,
         t.output_divergence, a.value, a.ci_low, a.ci_high, c.layers, c.quantized_layers, c.float_weight_share
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN trial_coverage c ON c.trial_id = t.id
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
       p.layers - p.quantized_layers AS float_layers, p.layers, p.float_weight_share,
       p.value, p.ci_low, p.ci_high, p.output_divergence,
       p.value >= p.best_of_equal AND (p.best_of_more IS NULL OR p.value > p.best_of_more) AS on_front
FROM ranked p;

-- Spearman's rank correlation of each loss with the primary value over the quantized trials of a sweep that are judged on
-- one evaluation; ties have their mean rank. Losses are turned so that larger is better: 1 means that the loss orders the
-- trials as the value does. Interval: Fisher's z with the standard error of Bonett and Wright (2000). That of
-- a perfect order has no width, however few the trials: its other end is taken where two neighbours change places.
--
-- The subquery of one sweep hands its few sums on as JSON: inside it rows can be grouped, which a filter by sweep from outside
-- would not get through. A measure is a number, which sorts faster than words: 64 x a trial of the evaluation + 8 x the mode
-- + the loss. Twice the mean rank of a number is its rank + how many are not above it; sums of those are whole, so exact.
-- NOT MATERIALIZED: what is used once is worth no table.
CREATE VIEW v_proxy_fidelity AS
WITH measured AS (
  SELECT sw.name AS sweep, json_extract(handed.value, '$[0]') AS measure, json_extract(handed.value, '$[1]') AS n,
         json_extract(handed.value, '$[2]') AS sum_xy, json_extract(handed.value, '$[3]') AS sum_xx, json_extract(handed.value, '$[4]') AS sum_yy
  FROM sweep sw
  CROSS JOIN json_each((
    WITH judged AS NOT MATERIALIZED (
      SELECT t.id, t.output_divergence, a.value, c.quantized_layers,
             max(c.quantized_layers) OVER evaluation AS most, min(t.id) OVER evaluation AS evaluation
      FROM sweep_trial st
      JOIN trial t ON t.id = st.trial_id
      JOIN trial_coverage c ON c.trial_id = t.id
      JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
      WHERE st.sweep_id = sw.id AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
      WINDOW evaluation AS (PARTITION BY t.fp32_key)
    ), proxy AS NOT MATERIALIZED (
      SELECT 64 * j.evaluation + k.column1
               + 8 * CASE WHEN k.column1 > 5 THEN 4 WHEN l.mode = 'accumulated' THEN 0 WHEN l.mode = 'isolated' THEN 1 WHEN l.mode = 'weight' THEN 2 ELSE 3 END AS measure,
             j.value,
             CASE k.column1 WHEN 0 THEN -l.l1 WHEN 1 THEN -l.rel_l1 WHEN 2 THEN -l.mse WHEN 3 THEN l.sqnr_db
               WHEN 4 THEN l.cosine WHEN 5 THEN -l.max_abs WHEN 6 THEN -j.output_divergence
               ELSE (SELECT g.value FROM accuracy g WHERE g.trial_id = j.id AND g.metric = 'agreement' AND g.slice = '') END AS number
      FROM judged j
      LEFT JOIN trial_loss l ON l.trial_id = j.id
      CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) k
      -- A mean over other layers is another measure: only trials that quantize as many layers as any are compared.
      -- Measures of the output are of the trial, not of a mode: beside the first of them.
      WHERE j.quantized_layers = j.most
        AND iif(k.column1 > 5, l.mode IS (SELECT min(o.mode) FROM trial_loss o WHERE o.trial_id = j.id), l.mode IS NOT NULL)
    ), ranked AS NOT MATERIALIZED (
      SELECT measure, rank() OVER by_loss + count(*) OVER by_loss AS x, rank() OVER by_value + count(*) OVER by_value AS y
      FROM proxy
      WHERE number IS NOT NULL
      WINDOW by_loss AS (PARTITION BY measure ORDER BY number), by_value AS (PARTITION BY measure ORDER BY value)
    ), sums AS NOT MATERIALIZED (
      SELECT measure, count(*) AS n, sum(x * y) AS xy, sum(x * x) AS xx, sum(y * y) AS yy FROM ranked GROUP BY measure
    )
    SELECT json_group_array(json_array(measure, n, xy, xx, yy)) FROM sums
  )) handed
), moments AS (
  -- The mean of n doubled ranks is n + 1.
  SELECT sweep, measure, n, 1.0 * sum_xy / n - (n + 1.0) * (n + 1.0) AS xy, 1.0 * sum_xx / n - (n + 1.0) * (n + 1.0) AS xx,
         1.0 * sum_yy / n - (n + 1.0) * (n + 1.0) AS yy
  FROM measured
), correlation AS (
  SELECT sweep, measure, n, CASE WHEN n >= 4 AND xx > 1e-9 AND yy > 1e-9 THEN max(-1.0, min(1.0, xy / sqrt(xx * yy))) END AS rho
  FROM moments
), bounded AS (
  SELECT c.*, max(12.0 / (n * n * n - n) - 1, min(1 - 12.0 / (n * n * n - n), rho)) AS inner
  FROM correlation c
)
SELECT c.sweep, t.fp32_key AS evaluation,
       json_extract('["accumulated","isolated","weight","activation","output"]', '$[' || (c.measure / 8 % 8) || ']') AS mode,
       json_extract('["l1","rel_l1","mse","sqnr_db","cosine","max_abs","divergence","agreement"]', '$[' || (c.measure % 8) || ']') AS loss,
       c.n AS trials, c.rho,
       min(c.rho, tanh(atanh(c.inner) - 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_low,
       max(c.rho, tanh(atanh(c.inner) + 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_high
FROM bounded c
JOIN trial t ON t.id = c.measure / 64;

-- Trials that are equal but for the seed of their calibration samples: the spread of ranges, alphas and values. Which are
-- alike comes as JSON, an array of trials for each setting: a filter by sweep gets through one GROUP BY, not through two.
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
      WHERE st.sweep_id = sw.id AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed') AND t.calibration_seed IS NOT NULL
      GROUP BY json_remove(t.settings, '$.calibration.sampleSeed')
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
