-- A row is one trial of one sweep, with the keys that say which trials are alike. Equal texts are
-- equal settings: trials of a sweep with one key differ in nothing but what that key leaves out.
-- Each key holds the FP32 trial's (model, evaluation, preprocessing, task and runtime, by content),
-- the calibration data by content, and all other settings without the path that may differ and what
-- follows from it:
--   but_alpha   smoothing.mode, smoothing.alpha, and the search that only some modes have
--   but_size    data.calibration.batches, and samples of searches, corrections and rounding, which a small
--               size caps: v_pair says which pair
--   but_absmax  smoothing.absmax
--   but_seed    data.calibration.sampleSeed
--   but_layer   layers.sensitivity and layers.focus, with the role and the early stop that only
--               one of the two has
-- loss_scope says whose mean losses compare, calibration_pass whose ranges are of one pass.
-- This is the one definition of "at equal settings": whatever says so reads this view.
CREATE VIEW v_alike AS
SELECT sw.name AS sweep, t.id AS trial, t.status, t.role, t.fp32_key AS evaluation,
       json_remove(s.settings, '$.smoothing.mode', '$.smoothing.alpha', '$.search') AS but_alpha,
       json_remove(s.settings, '$.calibration.batches', '$.search.samples', '$.quantization.biasCorrection.samples',
         '$.quantization.rounding.samples') AS but_size,
       json_remove(s.settings, '$.smoothing.absmax') AS but_absmax,
       json_remove(s.settings, '$.calibration.sampleSeed') AS but_seed,
       json_remove(json_set(s.settings, '$.layers.sensitivity', 'none', '$.layers.focus', '*'), '$.role', '$.evaluation') AS but_layer,
       json_array(t.fp32_key, c.quantized, t.loss_samples) AS loss_scope,
       (SELECT o.stage_id FROM observation o WHERE o.id = t.observation_id) AS calibration_pass
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN (SELECT id, json_set(
          json_remove(settings, '$.model', '$.preprocess', '$.task', '$.evaluation.source', '$.evaluation.batchSize', '$.evaluation.samples', '$.calibration.source'),
          '$.fp32', fp32_key, '$.data', coalesce(calibration_data, settings ->> '$.calibration.source')) AS settings
      FROM trial) s ON s.id = t.id
LEFT JOIN trial_coverage c ON c.trial_id = t.id;
