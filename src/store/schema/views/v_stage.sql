-- A row is one stage of one sweep: work that trials share.
CREATE VIEW v_stage AS
SELECT sw.name AS sweep, s.id AS stage, s.kind, s.status, s.duration_ms, s.finished_at, s.error_class, s.error, m.name AS model, s.key, s.settings,
       (SELECT count(*) FROM attempt a WHERE a.stage_id = s.id) AS attempts,
       s.numerics_class
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN stage s ON s.id = ss.stage_id
LEFT JOIN model m ON m.id = s.model_id;
