-- A row is one measure of loss, in one mode, over the trials of one sweep that are judged on one
-- evaluation: how well it orders them as accuracy does. A mean over other layers, or of other
-- samples, is another measure.
CREATE VIEW v_proxy_fidelity AS
WITH measured AS (
  SELECT sw.name AS sweep, json_extract(handed.value, '$[0]') AS measure, json_extract(handed.value, '$[1]') AS n,
         json_extract(handed.value, '$[2]') AS sum_xy, json_extract(handed.value, '$[3]') AS sum_xx, json_extract(handed.value, '$[4]') AS sum_yy
  FROM sweep sw
  CROSS JOIN json_each((
    WITH judged AS NOT MATERIALIZED (
      SELECT t.id, t.output_divergence, a.value, json_array(c.quantized, t.loss_samples) AS scope,
             first_value(json_array(c.quantized, t.loss_samples)) OVER widest AS widest, min(t.id) OVER evaluation AS evaluation
      FROM sweep_trial st
      JOIN trial t ON t.id = st.trial_id
      JOIN trial_coverage c ON c.trial_id = t.id
      JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
      WHERE st.sweep_id = sw.id AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
      WINDOW evaluation AS (PARTITION BY t.fp32_key),
        widest AS (PARTITION BY t.fp32_key ORDER BY c.quantized_layers DESC, t.loss_samples DESC, c.quantized)
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
      -- A mean over other layers, or other samples, is another measure: of several sets of layers the one with the most counts.
      -- Measures of the output are of the trial, not of a mode: beside the first of them.
      WHERE j.scope = j.widest
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
