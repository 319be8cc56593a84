-- A row is one layer of one setting: the trials that quantize it alone, or all but it, beside the
-- trial that is equal but quantizes every layer (v_alike).
CREATE VIEW v_sensitivity AS
WITH own AS (
  SELECT sw.name AS sweep, sw.id AS sweep_id, t.id, t.model_id, t.fp32_key, t.sensitivity, t.focus_layer, t.output_divergence, a.value,
         k.but_layer AS whole
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN v_alike k ON k.sweep = sw.name AND k.trial = t.id
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
