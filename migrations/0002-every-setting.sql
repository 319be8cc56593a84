-- Every setting an axis: calibrators, schemes, smoothing methods, rankings, execution. Tables whose constraints or primary
-- keys change are rebuilt (foreign keys are off and checked before the commit); rows keep their ids.

DROP VIEW v_trial;
DROP VIEW v_accuracy_by_alpha;
DROP VIEW v_accuracy;
DROP VIEW v_layer_loss;
DROP VIEW v_amax;
DROP VIEW v_amax_convergence;
DROP VIEW v_channel;
DROP VIEW v_smoothing;
DROP VIEW v_layer;
DROP VIEW v_search_curve;
DROP VIEW v_comparison;
DROP VIEW v_stage;
DROP VIEW v_attempt;
DROP VIEW v_sweep;

CREATE TABLE stage_new (
  id          INTEGER PRIMARY KEY,
  key         TEXT NOT NULL UNIQUE,
  kind        TEXT NOT NULL CHECK (kind IN ('observe', 'reference', 'search', 'rank')),
  status      TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
  model_id    INTEGER REFERENCES model(id),
  settings    TEXT NOT NULL,                           -- JSON
  finished_at TEXT,
  duration_ms REAL,                                    -- work done, added up over its parts
  error_class TEXT,
  error       TEXT,
  result      BLOB                                     -- what later work needs of it, in the program's own form
) STRICT;
INSERT INTO stage_new (id, key, kind, status, model_id, settings, finished_at, duration_ms, error_class, error, result)
SELECT id, key, kind, status, model_id, settings, finished_at, duration_ms, error_class, error, result FROM stage;
DROP TABLE stage;
ALTER TABLE stage_new RENAME TO stage;

-- Input amax without smoothing, signed and of 8 bits, by calibrator; those other than max only where histograms were collected.
CREATE TABLE amax_snapshot_new (
  observation_id INTEGER NOT NULL REFERENCES observation(id),
  layer_id       INTEGER NOT NULL REFERENCES layer(id),
  calibrator     TEXT NOT NULL DEFAULT 'max' CHECK (calibrator IN ('max', 'percentile', 'entropy', 'mse')),
  amax           REAL NOT NULL,
  PRIMARY KEY (observation_id, layer_id, calibrator)
) STRICT, WITHOUT ROWID;
INSERT INTO amax_snapshot_new (observation_id, layer_id, amax)
SELECT observation_id, layer_id, amax FROM amax_snapshot;
DROP TABLE amax_snapshot;
ALTER TABLE amax_snapshot_new RENAME TO amax_snapshot;

CREATE TABLE trial_new (
  id                     INTEGER PRIMARY KEY,
  key                    TEXT NOT NULL UNIQUE,
  role                   TEXT NOT NULL CHECK (role IN ('fp32', 'unsmoothed', 'candidate', 'sensitivity')),
  status                 TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
  model_id               INTEGER REFERENCES model(id),
  observation_id         INTEGER REFERENCES observation(id),
  search_stage_id        INTEGER REFERENCES stage(id),
  rank_stage_id          INTEGER REFERENCES stage(id),
  fp32_key               TEXT NOT NULL,
  unsmoothed_key         TEXT,
  settings               TEXT NOT NULL,                -- JSON: plan/plan.ts TrialSettings
  alpha_mode             TEXT NOT NULL CHECK (alpha_mode IN ('none', 'static', 'dynamic', 'auto', 'cle')),
  alpha                  REAL,                         -- of all layers; NULL unless static or auto (the one that was chosen)
  absmax                 TEXT,
  smoothing_apply        TEXT,                         -- insert or fold, as asked for
  search_order           TEXT,                         -- isolated, sequential, output; NULL where nothing is searched
  search_objective       TEXT,                         -- l1, mse, channelMse, divergence
  calibration_batches    INTEGER,
  calibration_batch_size INTEGER,
  calibration_samples    INTEGER,
  calibration_seed       INTEGER,                      -- NULL: samples as they lie
  activation_bits        INTEGER,
  activation_calibrator  TEXT,
  percentile             REAL,                         -- NULL unless the calibrator is percentile
  activation_scheme      TEXT,
  weight_bits            INTEGER,
  weight_granularity     TEXT,
  weight_calibrator      TEXT,
  weight_scheme          TEXT,
  bias_correction        TEXT,
  execution              TEXT,                         -- simulated or integer
  sensitivity            TEXT,                         -- only or allBut; NULL otherwise
  focus_layer            TEXT,                         -- the layer that a sensitivity trial is of
  keep_float             INTEGER,                      -- layers kept in float by their rank
  evaluation_samples     INTEGER,
  loss_samples           INTEGER,
  primary_metric         TEXT,
  gate_error             REAL,                         -- max |smoothed float - fp32| / absmax(fp32)
  gate_samples           INTEGER,
  output_divergence      REAL,                         -- of the output from FP32's over the loss samples
  provider               TEXT,                         -- that really ran
  optimization_level     TEXT,
  finished_at            TEXT,
  duration_ms            REAL,
  error_class            TEXT,
  error                  TEXT
) STRICT;
INSERT INTO trial_new (id, key, role, status, model_id, observation_id, search_stage_id, fp32_key, unsmoothed_key, settings, alpha_mode, alpha, absmax, calibration_batches, calibration_batch_size, calibration_samples, activation_bits, activation_calibrator, weight_bits, weight_granularity, evaluation_samples, loss_samples, primary_metric, gate_error, gate_samples, provider, optimization_level, finished_at, duration_ms, error_class, error)
SELECT id, key, role, status, model_id, observation_id, search_stage_id, fp32_key, unsmoothed_key, settings, alpha_mode, alpha, absmax, calibration_batches, calibration_batch_size, calibration_samples, activation_bits, activation_calibrator, weight_bits, weight_granularity, evaluation_samples, loss_samples, primary_metric, gate_error, gate_samples, provider, optimization_level, finished_at, duration_ms, error_class, error FROM trial;
DROP TABLE trial;
ALTER TABLE trial_new RENAME TO trial;

UPDATE trial SET smoothing_apply = 'insert' WHERE alpha_mode <> 'none';
UPDATE trial SET search_order = 'isolated', search_objective = 'l1' WHERE alpha_mode = 'dynamic';
UPDATE trial SET activation_scheme = 'signed', weight_calibrator = 'max', weight_scheme = 'signed', bias_correction = 'none',
  execution = 'simulated', keep_float = 0 WHERE role <> 'fp32';

CREATE TABLE layer_loss_new (
  trial_id INTEGER NOT NULL REFERENCES trial(id),
  layer_id INTEGER NOT NULL REFERENCES layer(id),
  mode     TEXT NOT NULL CHECK (mode IN ('accumulated', 'isolated', 'weight', 'activation')),
  l1       REAL NOT NULL,
  rel_l1   REAL,                                       -- NULL where the FP32 output is all zero
  mse      REAL NOT NULL,
  sqnr_db  REAL,                                       -- NULL where the error or the signal is zero
  cosine   REAL,                                       -- NULL where either vector is zero
  max_abs  REAL NOT NULL,
  PRIMARY KEY (trial_id, layer_id, mode)
) STRICT, WITHOUT ROWID;
INSERT INTO layer_loss_new (trial_id, layer_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs)
SELECT trial_id, layer_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs FROM layer_loss;
DROP TABLE layer_loss;
ALTER TABLE layer_loss_new RENAME TO layer_loss;

CREATE TABLE search_curve_new (
  stage_id INTEGER NOT NULL REFERENCES stage(id),
  layer_id INTEGER NOT NULL REFERENCES layer(id),
  sweep    INTEGER NOT NULL DEFAULT 0,                 -- of the descent of order output, from 1; 0 otherwise
  alpha    REAL NOT NULL,
  loss     REAL NOT NULL,                              -- the search's objective
  rel_l1   REAL,
  chosen   INTEGER NOT NULL CHECK (chosen IN (0, 1)),
  PRIMARY KEY (stage_id, layer_id, sweep, alpha)
) STRICT, WITHOUT ROWID;
INSERT INTO search_curve_new (stage_id, layer_id, alpha, loss, rel_l1, chosen)
SELECT stage_id, layer_id, alpha, loss, rel_l1, chosen FROM search_curve;
DROP TABLE search_curve;
ALTER TABLE search_curve_new RENAME TO search_curve;

-- Static alphas by how far the quantized model's output is from FP32's.
CREATE TABLE alpha_curve (
  stage_id   INTEGER NOT NULL REFERENCES stage(id),
  alpha      REAL NOT NULL,
  divergence REAL NOT NULL,
  chosen     INTEGER NOT NULL CHECK (chosen IN (0, 1)),
  PRIMARY KEY (stage_id, alpha)
) STRICT, WITHOUT ROWID;

-- How far the output is from FP32's when one layer alone is quantized.
CREATE TABLE layer_rank (
  stage_id   INTEGER NOT NULL REFERENCES stage(id),
  layer_id   INTEGER NOT NULL REFERENCES layer(id),
  rank       INTEGER NOT NULL,                         -- from 1, the largest divergence first
  divergence REAL NOT NULL,
  PRIMARY KEY (stage_id, layer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bias_correction (
  trial_id       INTEGER NOT NULL REFERENCES trial(id),
  layer_id       INTEGER NOT NULL REFERENCES layer(id),
  correction_max REAL NOT NULL,                        -- largest magnitude
  correction     TEXT NOT NULL,                        -- JSON [output_channels], taken off the bias
  PRIMARY KEY (trial_id, layer_id)
) STRICT;

-- Histograms of a layer's input, one per channel, of the prefixes that trials calibrate on.
CREATE TABLE histogram (
  observation_id INTEGER NOT NULL REFERENCES observation(id),
  layer_id       INTEGER NOT NULL REFERENCES layer(id),
  channels       INTEGER NOT NULL,
  total          INTEGER NOT NULL,                     -- numbers counted
  bins           BLOB NOT NULL,                        -- in the program's own form
  PRIMARY KEY (observation_id, layer_id)
) STRICT;

ALTER TABLE quantizer ADD COLUMN low REAL NOT NULL DEFAULT 0;       -- lowest real value of the range, smallest over channels
ALTER TABLE quantizer ADD COLUMN narrow_range INTEGER NOT NULL DEFAULT 0 CHECK (narrow_range IN (0, 1));
ALTER TABLE quantizer ADD COLUMN low_channels TEXT;                 -- JSON [output_channels]; NULL unless asymmetric per channel
UPDATE quantizer SET low = -amax;

CREATE VIEW v_trial AS
SELECT sw.name AS sweep, t.id AS trial, st.position, st.label, t.role, t.status,
       t.alpha_mode, t.alpha, t.absmax, t.calibration_batches, t.calibration_samples,
       t.activation_bits, t.activation_calibrator, t.weight_bits, t.weight_granularity,
       t.primary_metric AS metric, a.value, a.ci_low, a.ci_high,
       f.value AS fp32_value, a.value - f.value AS gap_to_fp32,
       u.value AS unsmoothed_value, a.value - u.value AS gain_over_unsmoothed,
       (SELECT avg(l.l1) FROM layer_loss l WHERE l.trial_id = t.id AND l.mode = 'accumulated') AS mean_l1,
       (SELECT avg(l.rel_l1) FROM layer_loss l WHERE l.trial_id = t.id AND l.mode = 'accumulated') AS mean_rel_l1,
       (SELECT avg(l.sqnr_db) FROM layer_loss l WHERE l.trial_id = t.id AND l.mode = 'accumulated') AS mean_sqnr_db,
       (SELECT g.value FROM accuracy g WHERE g.trial_id = t.id AND g.metric = 'agreement' AND g.slice = '') AS agreement,
       t.gate_error, t.provider, t.optimization_level, t.duration_ms, t.finished_at,
       t.error_class, t.error, m.name AS model, t.key, st.axes, t.settings,
       t.smoothing_apply, t.search_order, t.search_objective, t.calibration_seed, t.percentile, t.activation_scheme,
       t.weight_calibrator, t.weight_scheme, t.bias_correction, t.execution, t.sensitivity, t.focus_layer, t.keep_float,
       t.output_divergence, (SELECT g.duration_ms FROM stage g WHERE g.id = t.search_stage_id) AS search_duration_ms
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
LEFT JOIN model m ON m.id = t.model_id
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
LEFT JOIN trial ft ON ft.key = t.fp32_key
LEFT JOIN accuracy f ON f.trial_id = ft.id AND f.metric = t.primary_metric AND f.slice = ''
LEFT JOIN trial ut ON ut.key = t.unsmoothed_key
LEFT JOIN accuracy u ON u.trial_id = ut.id AND u.metric = t.primary_metric AND u.slice = '';

CREATE VIEW v_accuracy_by_alpha AS
SELECT sweep, trial, label, role, alpha_mode, alpha, absmax, calibration_batches, calibration_samples,
       activation_bits, weight_bits, weight_granularity, metric, value, ci_low, ci_high,
       fp32_value, unsmoothed_value, gap_to_fp32, gain_over_unsmoothed, mean_l1,
       smoothing_apply, search_order, search_objective, calibration_seed, activation_calibrator, percentile, activation_scheme,
       weight_calibrator, weight_scheme, bias_correction, execution, sensitivity, focus_layer, keep_float, output_divergence
FROM v_trial
WHERE status = 'done' AND role IN ('candidate', 'unsmoothed');

CREATE VIEW v_accuracy AS
SELECT sw.name AS sweep, t.id AS trial, st.label, a.metric, a.slice, a.value, a.ci_low, a.ci_high, a.ci_method, a.correct, a.total
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN accuracy a ON a.trial_id = t.id;

CREATE VIEW v_layer_loss AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, t.alpha_mode, t.alpha AS trial_alpha, s.alpha AS layer_alpha, t.absmax,
       t.calibration_batches, l.position, l.name AS layer, l.op, ll.mode, ll.l1, ll.rel_l1, ll.mse, ll.sqnr_db, ll.cosine, ll.max_abs
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN layer_loss ll ON ll.trial_id = t.id
JOIN layer l ON l.id = ll.layer_id
LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id;

CREATE VIEW v_amax AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role AS trial_role, t.alpha_mode, t.alpha AS trial_alpha, s.alpha AS layer_alpha,
       t.absmax, t.calibration_batches, l.position, l.name AS layer, q.role, q.granularity, q.bits, q.amax, q.amax_unsmoothed,
       q.amax / nullif(q.amax_unsmoothed, 0) AS ratio, q.scale, q.zero_point, q.signed, q.narrow_range, q.low
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN quantizer q ON q.trial_id = t.id
JOIN layer l ON l.id = q.layer_id
LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id;

CREATE VIEW v_amax_convergence AS
SELECT sw.name AS sweep, o.batches, o.samples, l.position, l.name AS layer, a.amax,
       a.amax / nullif(max(a.amax) OVER (PARTITION BY sw.name, o.stage_id, l.id), 0) AS share_of_largest
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN observation o ON o.stage_id = ss.stage_id
JOIN amax_snapshot a ON a.observation_id = o.id AND a.calibrator = 'max'
JOIN layer l ON l.id = a.layer_id;

CREATE VIEW v_channel AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.alpha_mode, t.calibration_batches, l.position, l.name AS layer, c.channel,
       c.act_min, c.act_max, c.act_absmax, w.weight_absmax, s.alpha AS layer_alpha, sv.value AS s,
       c.act_absmax / sv.value AS act_absmax_smoothed, w.weight_absmax * sv.value AS weight_absmax_smoothed,
       t.absmax, c.act_absmax_view, w.weight_absmax_view
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN smoothing s ON s.trial_id = t.id
JOIN layer l ON l.id = s.layer_id
JOIN json_each(s.s) sv
JOIN channel_stat c ON c.observation_id = t.observation_id AND c.layer_id = l.id AND c.channel = sv.key
JOIN weight_stat w ON w.layer_id = l.id AND w.channel = c.channel;

CREATE VIEW v_smoothing AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.alpha_mode, t.alpha AS trial_alpha, t.calibration_batches,
       l.position, l.name AS layer, s.alpha AS layer_alpha, s.apply, s.fallback_reason,
       s.s_min, s.s_max, s.s_geomean, s.dead_channels, l.input_channels
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN smoothing s ON s.trial_id = t.id
JOIN layer l ON l.id = s.layer_id;

CREATE VIEW v_layer AS
SELECT sw.name AS sweep, m.name AS model, l.position, l.name AS layer, l.op, l.input_tensor, l.output_tensor,
       l.weight_shape, l.groups, l.input_channels, l.output_channels, l.batch_norm, l.unsupported
FROM sweep sw
JOIN model m ON m.id IN (SELECT t.model_id FROM sweep_trial st JOIN trial t ON t.id = st.trial_id WHERE st.sweep_id = sw.id)
JOIN layer l ON l.model_id = m.id;

CREATE VIEW v_search_curve AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.calibration_batches, l.position, l.name AS layer, c.alpha, c.loss, c.rel_l1, c.chosen, c.sweep AS descent_sweep
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN search_curve c ON c.stage_id = t.search_stage_id
JOIN layer l ON l.id = c.layer_id;

CREATE VIEW v_comparison AS
SELECT sw.name AS sweep, c.trial_id AS trial, st.label, c.against, c.other_trial_id AS other_trial, so.label AS other_label,
       c.metric, c.difference, c.method, c.p_value, c.ci_low, c.ci_high, c.only_trial, c.only_other, c.significant
FROM comparison c
JOIN sweep sw ON sw.id = c.sweep_id
JOIN sweep_trial st ON st.sweep_id = c.sweep_id AND st.trial_id = c.trial_id
LEFT JOIN sweep_trial so ON so.sweep_id = c.sweep_id AND so.trial_id = c.other_trial_id;

CREATE VIEW v_stage AS
SELECT sw.name AS sweep, s.id AS stage, s.kind, s.status, s.duration_ms, s.finished_at, s.error_class, s.error, m.name AS model, s.key, s.settings,
       (SELECT count(*) FROM attempt a WHERE a.stage_id = s.id) AS attempts
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN stage s ON s.id = ss.stage_id
LEFT JOIN model m ON m.id = s.model_id;

CREATE VIEW v_attempt AS
SELECT a.id AS attempt, CASE WHEN a.trial_id IS NULL THEN 'stage' ELSE 'trial' END AS work, a.trial_id AS trial, a.stage_id AS stage,
       s.kind AS stage_kind, a.part, a.number, a.status, a.started_at, a.ended_at, a.duration_ms, a.host, a.device, a.provider,
       a.timings, a.error_class, a.error, e.onnxruntime_version, e.cpu_model, e.cpu_flags, e.gpu, e.quantsweep_version
FROM attempt a
LEFT JOIN stage s ON s.id = a.stage_id
LEFT JOIN environment e ON e.id = a.environment_id;

CREATE VIEW v_sweep AS
SELECT sw.name AS sweep, sw.question, count(t.id) AS trials,
       count(*) FILTER (WHERE t.status = 'done') AS done, count(*) FILTER (WHERE t.status = 'failed') AS failed,
       count(*) FILTER (WHERE t.status = 'pending') AS pending,
       sw.created_at, sw.updated_at, sw.experiment_path, sw.key
FROM sweep sw
LEFT JOIN sweep_trial st ON st.sweep_id = sw.id
LEFT JOIN trial t ON t.id = st.trial_id
GROUP BY sw.name;

CREATE VIEW v_alpha_curve AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.calibration_batches, c.alpha, c.divergence, c.chosen
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN alpha_curve c ON c.stage_id = t.search_stage_id;

CREATE VIEW v_calibrated_amax AS
SELECT sw.name AS sweep, o.batches, o.samples, l.position, l.name AS layer, a.calibrator, a.amax,
       a.amax / nullif((SELECT m.amax FROM amax_snapshot m WHERE m.observation_id = o.id AND m.layer_id = l.id AND m.calibrator = 'max'), 0) AS share_of_max
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN observation o ON o.stage_id = ss.stage_id
JOIN amax_snapshot a ON a.observation_id = o.id
JOIN layer l ON l.id = a.layer_id;

CREATE VIEW v_bias_correction AS
SELECT sw.name AS sweep, t.id AS trial, st.label, l.position, l.name AS layer, b.correction_max, b.correction
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN bias_correction b ON b.trial_id = t.id
JOIN layer l ON l.id = b.layer_id;

CREATE VIEW v_layer_rank AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.keep_float, l.position, l.name AS layer, r.rank, r.divergence, r.rank <= t.keep_float AS kept_float
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN layer_rank r ON r.stage_id = t.rank_stage_id
JOIN layer l ON l.id = r.layer_id;
