-- The store of quantsweep. Documented for users in docs/SCHEMA.md; users query the views at the end of this file.
-- Vectors (per channel, per candidate) are JSON arrays in TEXT columns, so that json_each() opens them in SQL.
-- Tables with long rows keep their rowid: WITHOUT ROWID spills each row above a quarter page to a page of its own.
-- Times are UTC, ISO 8601 with milliseconds. Durations are milliseconds. NaN is never stored.

CREATE TABLE environment (
  id                 INTEGER PRIMARY KEY,
  key                TEXT NOT NULL UNIQUE,             -- sha256 of the other columns
  quantsweep_version TEXT NOT NULL,
  node_version       TEXT NOT NULL,
  onnxruntime_version TEXT NOT NULL,
  os                 TEXT NOT NULL,
  host               TEXT NOT NULL,
  cpu_model          TEXT NOT NULL,
  cpu_flags          TEXT NOT NULL,                    -- space separated, those that matter to kernels (avx2, avx512_vnni, ...)
  cpu_cores          INTEGER NOT NULL,
  memory_mb          INTEGER NOT NULL,
  gpu                TEXT,
  gpu_driver         TEXT,
  git_commit         TEXT
) STRICT;

CREATE TABLE model (
  id          INTEGER PRIMARY KEY,
  sha256      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,                           -- file name without folder
  path        TEXT NOT NULL,                           -- where it was last read
  size_bytes  INTEGER NOT NULL,
  opset       INTEGER NOT NULL,
  parameters  INTEGER NOT NULL                         -- numbers in float initializers
) STRICT;

CREATE TABLE layer (
  id              INTEGER PRIMARY KEY,
  model_id        INTEGER NOT NULL REFERENCES model(id),
  position        INTEGER NOT NULL,                    -- order in the graph, from 0
  name            TEXT NOT NULL,                       -- node name, or output tensor where the node has none
  op              TEXT NOT NULL,                       -- Conv, ConvTranspose, Gemm, MatMul
  input_tensor    TEXT NOT NULL,
  output_tensor   TEXT NOT NULL,
  weight_shape    TEXT NOT NULL,                       -- JSON array
  groups          INTEGER NOT NULL,
  input_channels  INTEGER NOT NULL,
  output_channels INTEGER NOT NULL,
  batch_norm      TEXT,                                -- BatchNormalization node folded into it
  unsupported     TEXT,                                -- why it can't be quantized; NULL where it can
  UNIQUE (model_id, name)
) STRICT;

-- max |W| per input channel over every weight that reads it ("channel"), and the mistaken view(-1, I/g) ("view").
-- Rows, not a JSON vector: v_channel joins it by channel, and a vector would be searched once a channel.
CREATE TABLE weight_stat (
  layer_id           INTEGER NOT NULL REFERENCES layer(id),
  channel            INTEGER NOT NULL,                 -- input channel
  weight_absmax      REAL NOT NULL,
  weight_absmax_view REAL NOT NULL,
  PRIMARY KEY (layer_id, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE stage (
  id          INTEGER PRIMARY KEY,
  key         TEXT NOT NULL UNIQUE,
  kind        TEXT NOT NULL CHECK (kind IN ('observe', 'reference', 'search')),
  status      TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
  model_id    INTEGER REFERENCES model(id),
  settings    TEXT NOT NULL,                           -- JSON
  finished_at TEXT,
  duration_ms REAL,                                    -- work done, added up over its parts
  error_class TEXT,
  error       TEXT,
  result      BLOB                                     -- what later work needs of it, in the program's own form
) STRICT;

-- Finished parts of a stage that is still pending; removed when the stage is done.
CREATE TABLE stage_part (
  stage_id INTEGER NOT NULL REFERENCES stage(id),
  part     TEXT NOT NULL,
  payload  BLOB NOT NULL,
  PRIMARY KEY (stage_id, part)
) STRICT;

-- Statistics of one prefix of the calibration data.
CREATE TABLE observation (
  id       INTEGER PRIMARY KEY,
  stage_id INTEGER NOT NULL REFERENCES stage(id),
  batches  INTEGER NOT NULL,
  samples  INTEGER NOT NULL,
  result   BLOB NOT NULL,                              -- the whole record, bit for bit (a REAL column turns -0 into 0)
  UNIQUE (stage_id, batches)
) STRICT;

CREATE TABLE channel_stat (
  observation_id  INTEGER NOT NULL REFERENCES observation(id),
  layer_id        INTEGER NOT NULL REFERENCES layer(id),
  channel         INTEGER NOT NULL,                    -- input channel
  act_min         REAL NOT NULL,
  act_max         REAL NOT NULL,
  act_absmax      REAL NOT NULL,
  act_absmax_view REAL,                                -- NULL unless a trial asked for absmax: view
  PRIMARY KEY (observation_id, layer_id, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE amax_snapshot (
  observation_id INTEGER NOT NULL REFERENCES observation(id),
  layer_id       INTEGER NOT NULL REFERENCES layer(id),
  amax           REAL NOT NULL,                        -- input amax without smoothing
  PRIMARY KEY (observation_id, layer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
  id                     INTEGER PRIMARY KEY,
  key                    TEXT NOT NULL UNIQUE,
  role                   TEXT NOT NULL CHECK (role IN ('fp32', 'unsmoothed', 'candidate')),
  status                 TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
  model_id               INTEGER REFERENCES model(id),
  observation_id         INTEGER REFERENCES observation(id),
  search_stage_id        INTEGER REFERENCES stage(id),
  fp32_key               TEXT NOT NULL,
  unsmoothed_key         TEXT,
  settings               TEXT NOT NULL,                -- JSON: plan/plan.ts TrialSettings
  alpha_mode             TEXT NOT NULL CHECK (alpha_mode IN ('none', 'static', 'dynamic')),
  alpha                  REAL,                         -- NULL unless static
  absmax                 TEXT,
  calibration_batches    INTEGER,
  calibration_batch_size INTEGER,
  calibration_samples    INTEGER,
  activation_bits        INTEGER,
  activation_calibrator  TEXT,
  weight_bits            INTEGER,
  weight_granularity     TEXT,
  evaluation_samples     INTEGER,
  loss_samples           INTEGER,
  primary_metric         TEXT,
  gate_error             REAL,                         -- max |smoothed float - fp32| / absmax(fp32)
  gate_samples           INTEGER,
  provider               TEXT,                         -- that really ran
  optimization_level     TEXT,
  finished_at            TEXT,
  duration_ms            REAL,
  error_class            TEXT,
  error                  TEXT
) STRICT;

CREATE TABLE sweep (
  id              INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  key             TEXT NOT NULL,
  question        TEXT,
  experiment_path TEXT NOT NULL,
  experiment_yaml TEXT NOT NULL,
  axes            TEXT NOT NULL,                       -- JSON array of dotted paths
  created_at      TEXT NOT NULL,
  updated_at      TEXT NOT NULL
) STRICT;

CREATE TABLE sweep_trial (
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  trial_id INTEGER NOT NULL REFERENCES trial(id),
  position INTEGER NOT NULL,
  label    TEXT NOT NULL,
  axes     TEXT NOT NULL,                              -- JSON object: dotted path -> value
  PRIMARY KEY (sweep_id, trial_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sweep_trial_by_trial ON sweep_trial (trial_id);

CREATE TABLE sweep_stage (
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  stage_id INTEGER NOT NULL REFERENCES stage(id),
  PRIMARY KEY (sweep_id, stage_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  id             INTEGER PRIMARY KEY,
  trial_id       INTEGER REFERENCES trial(id),
  stage_id       INTEGER REFERENCES stage(id),
  part           TEXT NOT NULL DEFAULT '',             -- which part of a stage
  number         INTEGER NOT NULL,                     -- from 1
  status         TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'interrupted')),
  started_at     TEXT NOT NULL,
  ended_at       TEXT,
  duration_ms    REAL,
  host           TEXT NOT NULL,
  parent_pid     INTEGER NOT NULL,
  device         TEXT NOT NULL,                        -- slot, e.g. cpu:0 or cuda:1
  provider       TEXT,                                 -- that really ran, as the runtime's profile names it
  environment_id INTEGER REFERENCES environment(id),
  timings        TEXT,                                 -- JSON object: phase -> milliseconds
  error_class    TEXT,
  error          TEXT,
  CHECK ((trial_id IS NULL) <> (stage_id IS NULL))
) STRICT;
CREATE INDEX attempt_by_trial ON attempt (trial_id);
CREATE INDEX attempt_by_stage ON attempt (stage_id);
CREATE INDEX attempt_running ON attempt (status) WHERE status = 'running';

CREATE TABLE layer_loss (
  trial_id INTEGER NOT NULL REFERENCES trial(id),
  layer_id INTEGER NOT NULL REFERENCES layer(id),
  mode     TEXT NOT NULL CHECK (mode IN ('accumulated', 'isolated')),
  l1       REAL NOT NULL,
  rel_l1   REAL,                                       -- NULL where the FP32 output is all zero
  mse      REAL NOT NULL,
  sqnr_db  REAL,                                       -- NULL where the error or the signal is zero
  cosine   REAL,                                       -- NULL where either vector is zero
  max_abs  REAL NOT NULL,
  PRIMARY KEY (trial_id, layer_id, mode)
) STRICT, WITHOUT ROWID;

CREATE TABLE quantizer (
  trial_id        INTEGER NOT NULL REFERENCES trial(id),
  layer_id        INTEGER NOT NULL REFERENCES layer(id),
  role            TEXT NOT NULL CHECK (role IN ('input', 'weight')),
  granularity     TEXT NOT NULL CHECK (granularity IN ('tensor', 'channel')),
  bits            INTEGER NOT NULL,
  signed          INTEGER NOT NULL,
  amax            REAL NOT NULL,                       -- largest over channels
  amax_unsmoothed REAL NOT NULL,                       -- the same with s = 1
  scale           REAL NOT NULL,                       -- largest over channels
  zero_point      INTEGER NOT NULL,
  amax_channels   TEXT,                                -- JSON [output_channels]; NULL when per tensor
  PRIMARY KEY (trial_id, layer_id, role)
) STRICT;

CREATE TABLE smoothing (
  trial_id        INTEGER NOT NULL REFERENCES trial(id),
  layer_id        INTEGER NOT NULL REFERENCES layer(id),
  alpha           REAL,                                -- NULL for unsmoothed
  apply           TEXT NOT NULL,                       -- insert, or none
  fallback_reason TEXT,
  s_min           REAL NOT NULL,
  s_max           REAL NOT NULL,
  s_geomean       REAL NOT NULL,
  dead_channels   INTEGER NOT NULL,                    -- channels with s = 1 because a statistic is ~0 or not finite
  s               TEXT NOT NULL,                       -- JSON [input_channels]
  PRIMARY KEY (trial_id, layer_id)
) STRICT;

CREATE TABLE search_curve (
  stage_id INTEGER NOT NULL REFERENCES stage(id),
  layer_id INTEGER NOT NULL REFERENCES layer(id),
  alpha    REAL NOT NULL,
  loss     REAL NOT NULL,                              -- the search's objective
  rel_l1   REAL,
  chosen   INTEGER NOT NULL CHECK (chosen IN (0, 1)),
  PRIMARY KEY (stage_id, layer_id, alpha)
) STRICT, WITHOUT ROWID;

CREATE TABLE accuracy (
  trial_id  INTEGER NOT NULL REFERENCES trial(id),
  metric    TEXT NOT NULL,                             -- top1, top5, agreement, mAP, ap
  slice     TEXT NOT NULL DEFAULT '',                  -- of ap: class@threshold
  value     REAL NOT NULL,                             -- 0..1
  ci_low    REAL,
  ci_high   REAL,
  ci_method TEXT CHECK (ci_method IN ('wilson', 'bootstrap')),
  correct   INTEGER,
  total     INTEGER,
  PRIMARY KEY (trial_id, metric, slice)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample_outcome (
  trial_id INTEGER NOT NULL REFERENCES trial(id),
  metric   TEXT NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('bitset', 'bootstrap')), -- bitset: bit i of byte i/8, low bit first; bootstrap: float64 little endian
  count    INTEGER NOT NULL,
  data     BLOB NOT NULL,
  PRIMARY KEY (trial_id, metric)
) STRICT;

-- Derived from sample_outcome after a run: each trial against the FP32, unsmoothed and best trials of its sweep.
CREATE TABLE comparison (
  sweep_id       INTEGER NOT NULL REFERENCES sweep(id),
  trial_id       INTEGER NOT NULL REFERENCES trial(id),
  against        TEXT NOT NULL CHECK (against IN ('fp32', 'unsmoothed', 'best')),
  other_trial_id INTEGER NOT NULL REFERENCES trial(id),
  metric         TEXT NOT NULL,
  difference     REAL NOT NULL,                        -- trial - other
  method         TEXT NOT NULL CHECK (method IN ('mcnemar', 'paired bootstrap')),
  p_value        REAL NOT NULL,
  ci_low         REAL,                                 -- of the difference, paired bootstrap only
  ci_high        REAL,
  only_trial     INTEGER,                              -- samples that only this trial gets right, McNemar only
  only_other     INTEGER,
  significant    INTEGER NOT NULL CHECK (significant IN (0, 1)), -- p_value < 0.05
  PRIMARY KEY (sweep_id, trial_id, against)
) STRICT, WITHOUT ROWID;

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
       t.error_class, t.error, m.name AS model, t.key, st.axes, t.settings
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
       fp32_value, unsmoothed_value, gap_to_fp32, gain_over_unsmoothed, mean_l1
FROM v_trial
WHERE status = 'done' AND role <> 'fp32';

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
       q.amax / nullif(q.amax_unsmoothed, 0) AS ratio, q.scale, q.zero_point
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
JOIN amax_snapshot a ON a.observation_id = o.id
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
SELECT sw.name AS sweep, t.id AS trial, st.label, t.calibration_batches, l.position, l.name AS layer, c.alpha, c.loss, c.rel_l1, c.chosen
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
