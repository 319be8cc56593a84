-- A row is one finished quantized trial as it is deployed: its target, and how far the exported
-- model is from its simulation where that was measured.
CREATE VIEW v_deployment AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, coalesce(t.target, 'layers-only') AS target,
       CASE WHEN g.trial_id IS NOT NULL OR EXISTS (
              -- The CPU provider is the runtime of these alone, of -avx2 on a CPU known to lack VNNI;
              -- a command asks the device itself.
              SELECT 1 FROM latency l WHERE l.trial_id = t.id
              AND (l.device <> 'cpu' OR coalesce(t.target, 'layers-only') IN ('layers-only', 'onnxruntime-cpu')
                   OR (t.target = 'onnxruntime-cpu-avx2' AND l.cpu_flags <> '' AND l.cpu_flags NOT LIKE '%vnni%'))) THEN 'run'
            WHEN t.target <> 'layers-only' THEN 'rules' END AS evidence,
       g.samples, g.output_values, CAST(g.differing AS REAL) / nullif(g.output_values, 0) AS differing_share, g.max_difference,
       t.primary_metric AS metric, a.value AS simulated, CASE WHEN g.metric = t.primary_metric THEN g.value END AS deployed,
       CASE WHEN g.metric = t.primary_metric THEN g.value - a.value END AS gap, g.samples_differing,
       t.export_bytes, g.options, g.onnxruntime_version
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id AND t.status = 'done' AND t.role <> 'fp32'
LEFT JOIN deployment_gap g ON g.trial_id = t.id
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = '';
