-- A row is one comparison of speed: the exported model of a trial with FP32, timed in turn on one
-- machine. Ratios are quantized / FP32: below 1 is faster.
CREATE VIEW v_latency AS
SELECT sw.name AS sweep, l.trial_id AS trial, st.position, st.label, t.role, m.name AS model, l.device, l.batch_size,
       l.threads, l.rounds, l.fp32_ms, l.quantized_ms, l.ratio, l.ratio_low, l.ratio_high, l.spread, l.verdict,
       l.fp32_cpu_ms, l.quantized_cpu_ms, l.cpu_ratio, l.cpu_ratio_low, l.cpu_ratio_high, l.host, l.cpu_model, l.cpu_flags,
       l.onnxruntime_version, l.quantsweep_version, l.measured_at, l.fp32_trial_id AS fp32_trial, l.id AS latency
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN latency l ON l.trial_id = t.id
LEFT JOIN model m ON m.id = t.model_id;
