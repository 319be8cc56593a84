-- A row is one complete quantized trial, but those of one layer quantized alone: layers that stay
-- float against accuracy.
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
