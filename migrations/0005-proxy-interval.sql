-- A perfect order of a few trials is no certainty: its interval has a width.

DROP VIEW v_proxy_fidelity;

-- Spearman's rank correlation of each loss with the primary value over the quantized trials of a sweep that are judged on
-- one evaluation; ties have their mean rank. Losses are turned so that larger is better: 1 means that the loss orders the
-- trials as the value does. Interval: Fisher's z with the standard error of Bonett and Wright (2000). That of
-- a perfect order has no width, however few the trials: its other end is taken where two neighbours change places.
CREATE VIEW v_proxy_fidelity AS
WITH judged AS (
  SELECT st.sweep_id, t.id, t.fp32_key, t.output_divergence, a.value
  FROM sweep_trial st
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  WHERE t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
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
