-- A row is one operator of one measured run, by the runtime's own profile: of FP32 or of the
-- exported model of a trial.
CREATE VIEW v_operator_time AS
SELECT sw.name AS sweep, l.trial_id AS trial, st.label, l.device, l.batch_size, l.threads, o.model, o.position, o.node,
       o.op, o.kind, o.duration_us,
       o.duration_us / nullif((SELECT sum(a.duration_us) FROM operator_time a
                               WHERE a.latency_id = o.latency_id AND a.model = o.model), 0) AS share,
       l.host, l.cpu_model, l.cpu_flags, l.onnxruntime_version, l.measured_at, l.id AS latency
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN latency l ON l.trial_id = st.trial_id
JOIN operator_time o ON o.latency_id = l.id;
