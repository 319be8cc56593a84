-- A row is one finding about an FP32 result of one sweep, with how many of its trials it is the
-- reference of.
CREATE VIEW v_warning AS
SELECT sw.name AS sweep, w.kind, w.voids, w.message, w.cause, w.stage_id AS stage, m.name AS model,
       (SELECT count(*) FROM fp32_reference r JOIN trial t ON t.fp32_key = r.fp32_key JOIN sweep_trial st ON st.trial_id = t.id
        WHERE r.stage_id = w.stage_id AND st.sweep_id = sw.id) AS trials, w.position
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN reference_warning w ON w.stage_id = ss.stage_id
JOIN stage s ON s.id = w.stage_id
LEFT JOIN model m ON m.id = s.model_id;
