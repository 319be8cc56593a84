-- A row is one layer after one number of calibration batches of one pass. A pass is one model over
-- one calibration source in one order; ranges of two passes have no mean.
CREATE VIEW v_amax_convergence AS
SELECT sw.name AS sweep, o.batches, o.samples, l.position, l.name AS layer, a.amax,
       a.amax / nullif(max(a.amax) OVER (PARTITION BY sw.name, o.stage_id, l.id), 0) AS share_of_largest,
       a.calibrator, o.stage_id AS pass, m.name AS model, s.settings ->> '$.calibration.sampleSeed' AS calibration_seed,
       s.settings ->> '$.calibration.source' AS source, s.settings ->> '$.calibration.batchSize' AS batch_size,
       m.sha256 AS model_sha256
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN stage s ON s.id = ss.stage_id
JOIN observation o ON o.stage_id = s.id
JOIN amax_snapshot a ON a.observation_id = o.id AND a.calibrator = 'max'
JOIN layer l ON l.id = a.layer_id
JOIN model m ON m.id = l.model_id;
