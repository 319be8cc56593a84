-- A row is one layer after one number of calibration batches, by one calibrator.
CREATE VIEW v_calibrated_amax AS
SELECT sw.name AS sweep, o.batches, o.samples, l.position, l.name AS layer, a.calibrator, a.amax,
       a.amax / nullif((SELECT m.amax FROM amax_snapshot m WHERE m.observation_id = o.id AND m.layer_id = l.id AND m.calibrator = 'max'), 0) AS share_of_max,
       o.stage_id AS pass, m.name AS model, s.settings ->> '$.calibration.sampleSeed' AS calibration_seed,
       s.settings ->> '$.calibration.source' AS source, s.settings ->> '$.calibration.batchSize' AS batch_size,
       m.sha256 AS model_sha256
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN stage s ON s.id = ss.stage_id
JOIN observation o ON o.stage_id = s.id
JOIN amax_snapshot a ON a.observation_id = o.id
JOIN layer l ON l.id = a.layer_id
JOIN model m ON m.id = l.model_id;
