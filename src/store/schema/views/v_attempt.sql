-- A row is one attempt at a trial or at a part of a stage. It has no sweep: join it by either.
CREATE VIEW v_attempt AS
SELECT a.id AS attempt, CASE WHEN a.trial_id IS NULL THEN 'stage' ELSE 'trial' END AS work, a.trial_id AS trial, a.stage_id AS stage,
       s.kind AS stage_kind, a.part, a.number, a.status, a.started_at, a.ended_at, a.duration_ms, a.host, a.device, a.provider,
       a.timings, a.error_class, a.error, e.onnxruntime_version, e.cpu_model, e.cpu_flags, e.gpu, e.quantsweep_version, a.kernels,
       a.started_ms, a.ended_ms, a.numerics_class, a.agent
FROM attempt a
LEFT JOIN stage s ON s.id = a.stage_id
LEFT JOIN environment e ON e.id = a.environment_id;
