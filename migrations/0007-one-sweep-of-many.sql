-- Three views of the same rows and columns as before, for files of many sweeps: a filter by sweep reaches the tables. SQLite
-- hands it through a subquery whose windows all have one PARTITION BY that begins with it, but not through a GROUP BY to
-- another subquery, nor into a subquery that is used twice. So most groups are windows of which the first row is taken, there is
-- one subquery for each PARTITION BY, and every subquery is used once.
-- And the seed of resampling is stored beside the interval that came of it.

ALTER TABLE accuracy ADD COLUMN ci_seed INTEGER;    -- of the resampling; NULL unless ci_method is bootstrap
UPDATE accuracy SET ci_seed = 20221118 WHERE ci_method = 'bootstrap';

DROP VIEW v_accuracy;
DROP VIEW v_sensitivity;
DROP VIEW v_proxy_fidelity;
DROP VIEW v_calibration_noise;

CREATE VIEW v_accuracy AS
SELECT sw.name AS sweep, t.id AS trial, st.label, a.metric, a.slice, a.value, a.ci_low, a.ci_high, a.ci_method, a.correct, a.total, a.ci_seed
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN accuracy a ON a.trial_id = t.id;

-- Trials of one layer's sensitivity, beside the trial that is equal but quantizes every layer.
CREATE VIEW v_sensitivity AS
WITH own AS (
  SELECT sw.name AS sweep, sw.id AS sweep_id, t.id, t.model_id, t.fp32_key, t.sensitivity, t.focus_layer, t.output_divergence, a.value,
         json_remove(json_set(t.settings, '$.layers.sensitivity', 'none', '$.layers.focus', '*'), '$.role') AS whole
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  -- A sweep without such trials has no row here, and its settings need not be read.
  WHERE t.status = 'done' AND t.role <> 'fp32'
    AND EXISTS (SELECT 1 FROM sweep_trial ss JOIN trial s ON s.id = ss.trial_id WHERE ss.sweep_id = sw.id AND s.sensitivity IS NOT NULL)
), beside AS (
  SELECT *, max(id) FILTER (WHERE sensitivity IS NULL) OVER alike AS whole_trial, max(value) FILTER (WHERE sensitivity IS NULL) OVER alike AS whole_value
  FROM own
  WINDOW alike AS (PARTITION BY sweep, model_id, fp32_key, whole)
), of_layer AS (
  SELECT *,
         max(id) FILTER (WHERE sensitivity = 'only') OVER layer AS only_trial,
         max(value) FILTER (WHERE sensitivity = 'only') OVER layer AS only_value,
         max(output_divergence) FILTER (WHERE sensitivity = 'only') OVER layer AS only_divergence,
         max(id) FILTER (WHERE sensitivity = 'allBut') OVER layer AS all_but_trial,
         max(value) FILTER (WHERE sensitivity = 'allBut') OVER layer AS all_but_value,
         max(output_divergence) FILTER (WHERE sensitivity = 'allBut') OVER layer AS all_but_divergence,
         row_number() OVER layer AS number
  FROM beside
  WHERE sensitivity IS NOT NULL
  WINDOW layer AS (PARTITION BY sweep, model_id, fp32_key, whole, focus_layer)
), setting AS (
  SELECT *, dense_rank() OVER (PARTITION BY sweep ORDER BY model_id, fp32_key, whole) AS setting
  FROM of_layer
  WHERE number = 1
), ranked AS (
  SELECT *, rank() OVER (PARTITION BY sweep, model_id, fp32_key, whole ORDER BY only_divergence DESC) AS rank
  FROM setting
)
SELECT o.sweep, m.name AS model, o.setting, o.whole_trial, w.label AS whole_label, l.position, o.focus_layer AS layer, l.op,
       f.value AS fp32_value, o.whole_value, o.only_trial, o.only_value, f.value - o.only_value AS drop_only, o.only_divergence,
       o.all_but_trial, o.all_but_value, o.all_but_value - o.whole_value AS gain_all_but, o.all_but_divergence,
       CASE WHEN o.only_divergence IS NOT NULL THEN o.rank END AS rank
FROM ranked o
JOIN model m ON m.id = o.model_id
JOIN layer l ON l.model_id = o.model_id AND l.name = o.focus_layer
LEFT JOIN sweep_trial w ON w.sweep_id = o.sweep_id AND w.trial_id = o.whole_trial
LEFT JOIN trial ft ON ft.key = o.fp32_key
LEFT JOIN accuracy f ON f.trial_id = ft.id AND f.metric = ft.primary_metric AND f.slice = '';

-- Spearman's rank correlation of each loss with the primary value over the quantized trials of a sweep that are judged on
-- one evaluation; ties have their mean rank. Losses are turned so that larger is better: 1 means that the loss orders the
-- trials as the value does. Interval: Fisher's z with the standard error of Bonett and Wright (2000). That of
-- a perfect order has no width, however few the trials: its other end is taken where two neighbours change places.
CREATE VIEW v_proxy_fidelity AS
WITH mean AS (
  SELECT sw.name AS sweep, t.id, t.fp32_key, t.output_divergence, a.value, l.mode,
         -avg(l.l1) AS l1, -avg(l.rel_l1) AS rel_l1, -avg(l.mse) AS mse, avg(l.sqnr_db) AS sqnr_db, avg(l.cosine) AS cosine, -avg(l.max_abs) AS max_abs,
         (SELECT count(*) FROM quantizer q WHERE q.trial_id = t.id AND q.role = 'input') AS layers
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  LEFT JOIN layer_loss l ON l.trial_id = t.id
  WHERE t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
  GROUP BY sw.name, t.id, l.mode
), widest AS (
  -- A mean over other layers is another measure: only trials that quantize as many layers as any are compared.
  SELECT *, max(layers) OVER (PARTITION BY sweep, fp32_key) AS most FROM mean
), judged AS (
  SELECT *, row_number() OVER (PARTITION BY sweep, id) AS number FROM widest WHERE layers = most
), proxy AS (
  SELECT j.sweep, j.fp32_key, j.value, iif(k.column1 IN ('divergence', 'agreement'), 'output', j.mode) AS mode, k.column1 AS loss,
         CASE k.column1 WHEN 'l1' THEN j.l1 WHEN 'rel_l1' THEN j.rel_l1 WHEN 'mse' THEN j.mse WHEN 'sqnr_db' THEN j.sqnr_db
           WHEN 'cosine' THEN j.cosine WHEN 'max_abs' THEN j.max_abs WHEN 'divergence' THEN -j.output_divergence
           ELSE (SELECT g.value FROM accuracy g WHERE g.trial_id = j.id AND g.metric = 'agreement' AND g.slice = '') END AS number
  FROM judged j
  CROSS JOIN (VALUES ('l1'), ('rel_l1'), ('mse'), ('sqnr_db'), ('cosine'), ('max_abs'), ('divergence'), ('agreement')) k
  -- Measures of the output are of the trial, not of a mode.
  WHERE iif(k.column1 IN ('divergence', 'agreement'), j.number = 1, j.mode IS NOT NULL)
), ranked AS (
  SELECT sweep, fp32_key, mode, loss,
         rank() OVER by_loss + (count(*) OVER (by_loss RANGE BETWEEN CURRENT ROW AND CURRENT ROW) - 1) / 2.0 AS x,
         rank() OVER by_value + (count(*) OVER (by_value RANGE BETWEEN CURRENT ROW AND CURRENT ROW) - 1) / 2.0 AS y
  FROM proxy
  WHERE number IS NOT NULL
  WINDOW by_loss AS (PARTITION BY sweep, fp32_key, mode, loss ORDER BY number), by_value AS (PARTITION BY sweep, fp32_key, mode, loss ORDER BY value)
), moments AS (
  SELECT sweep, fp32_key, mode, loss, count(*) OVER one AS n, avg(x * y) OVER one - avg(x) OVER one * avg(y) OVER one AS xy,
         avg(x * x) OVER one - avg(x) OVER one * avg(x) OVER one AS xx, avg(y * y) OVER one - avg(y) OVER one * avg(y) OVER one AS yy,
         row_number() OVER one AS number
  FROM ranked
  WINDOW one AS (PARTITION BY sweep, fp32_key, mode, loss)
), correlation AS (
  SELECT sweep, fp32_key, mode, loss, n,
         CASE WHEN n >= 4 AND xx > 1e-9 AND yy > 1e-9 THEN max(-1.0, min(1.0, xy / sqrt(xx * yy))) END AS rho
  FROM moments
  WHERE number = 1
), bounded AS (
  SELECT c.*, max(12.0 / (n * n * n - n) - 1, min(1 - 12.0 / (n * n * n - n), rho)) AS inner
  FROM correlation c
)
SELECT c.sweep, c.fp32_key AS evaluation, c.mode, c.loss, c.n AS trials, c.rho,
       min(c.rho, tanh(atanh(c.inner) - 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_low,
       max(c.rho, tanh(atanh(c.inner) + 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_high
FROM bounded c;

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
  SELECT s.sweep, s.sweep_id, l.position, l.name, count(*) OVER one AS n, min(s.id) OVER one AS first_trial, avg(q.amax) OVER one AS mean,
         min(q.amax) OVER one AS low, max(q.amax) OVER one AS high,
         avg(q.amax * q.amax) OVER one - avg(q.amax) OVER one * avg(q.amax) OVER one AS variance,
         min(m.alpha) OVER one AS alpha_min, max(m.alpha) OVER one AS alpha_max, min(s.value) OVER one AS value_min, max(s.value) OVER one AS value_max,
         row_number() OVER one AS number
  FROM seeded s
  -- CROSS: seeded trials are few or none, and come first.
  CROSS JOIN quantizer q ON q.trial_id = s.id AND q.role = 'input'
  JOIN layer l ON l.id = q.layer_id
  LEFT JOIN smoothing m ON m.trial_id = s.id AND m.layer_id = l.id
  WINDOW one AS (PARTITION BY s.sweep, s.alike, l.id)
)
SELECT p.sweep, p.first_trial, st.label AS first_label, p.position, p.name AS layer, p.n AS seeds, p.mean AS amax_mean,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) AS amax_sd, p.low AS amax_min, p.high AS amax_max,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) / nullif(p.mean, 0) AS amax_relative_sd,
       p.alpha_min, p.alpha_max, p.value_min, p.value_max
FROM spread p
JOIN sweep_trial st ON st.sweep_id = p.sweep_id AND st.trial_id = p.first_trial
WHERE p.number = 1;
