-- Views are no part of migrations any more: src/store/schema/views/ holds them, one file each, and opening the database for
-- writing makes them anew where they are others. Migrations change tables alone.

-- The views that the program made; views of others are left alone.
CREATE TABLE view_definition (
  name   TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL                                 -- of the view's file, with \n line ends
) STRICT, WITHOUT ROWID;

-- Those of schema 11.
DROP VIEW IF EXISTS v_accuracy;
DROP VIEW IF EXISTS v_accuracy_by_alpha;
DROP VIEW IF EXISTS v_alike;
DROP VIEW IF EXISTS v_alpha_curve;
DROP VIEW IF EXISTS v_amax;
DROP VIEW IF EXISTS v_amax_convergence;
DROP VIEW IF EXISTS v_attempt;
DROP VIEW IF EXISTS v_bias_correction;
DROP VIEW IF EXISTS v_calibrated_amax;
DROP VIEW IF EXISTS v_calibration_noise;
DROP VIEW IF EXISTS v_channel;
DROP VIEW IF EXISTS v_comparison;
DROP VIEW IF EXISTS v_execution;
DROP VIEW IF EXISTS v_layer;
DROP VIEW IF EXISTS v_layer_loss;
DROP VIEW IF EXISTS v_layer_rank;
DROP VIEW IF EXISTS v_pair;
DROP VIEW IF EXISTS v_pareto;
DROP VIEW IF EXISTS v_place;
DROP VIEW IF EXISTS v_proxy_fidelity;
DROP VIEW IF EXISTS v_search_curve;
DROP VIEW IF EXISTS v_sensitivity;
DROP VIEW IF EXISTS v_setting;
DROP VIEW IF EXISTS v_smoothing;
DROP VIEW IF EXISTS v_stage;
DROP VIEW IF EXISTS v_static_against_dynamic;
DROP VIEW IF EXISTS v_stopped;
DROP VIEW IF EXISTS v_sweep;
DROP VIEW IF EXISTS v_trial;
DROP VIEW IF EXISTS v_unsigned_input;
DROP VIEW IF EXISTS v_warning;

-- Names of smoothing modes and calibrators are those of the program's registries: a new one needs no table rebuilt.

CREATE TABLE trial_new (
  id                     INTEGER PRIMARY KEY,
  key                    TEXT NOT NULL UNIQUE,
  role                   TEXT NOT NULL CHECK (role IN ('fp32', 'unsmoothed', 'candidate', 'sensitivity')),
  status                 TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed', 'stopped')),
  model_id               INTEGER REFERENCES model(id),
  observation_id         INTEGER REFERENCES observation(id),
  search_stage_id        INTEGER REFERENCES stage(id),
  rank_stage_id          INTEGER REFERENCES stage(id),
  fp32_key               TEXT NOT NULL,
  unsmoothed_key         TEXT,
  settings               TEXT NOT NULL,                -- JSON: plan/plan.ts TrialSettings
  alpha_mode             TEXT NOT NULL,                -- a name of src/smooth/modes/registry.ts
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
  evaluation_samples     INTEGER,                      -- of the whole evaluation, also where the trial was stopped
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
  error                  TEXT,
  simulated_key          TEXT,                         -- the trial that differs in execution alone; NULL unless integer
  integer_kernels        TEXT,                         -- JSON object: operator -> nodes that ran as integer kernels; NULL unless integer
  gate_judged_by         TEXT,
  export_bytes           INTEGER,
  failed_under           TEXT,
  calibration_data       TEXT
) STRICT;
INSERT INTO trial_new (id, key, role, status, model_id, observation_id, search_stage_id, rank_stage_id, fp32_key, unsmoothed_key, settings, alpha_mode, alpha, absmax, smoothing_apply, search_order, search_objective, calibration_batches, calibration_batch_size, calibration_samples, calibration_seed, activation_bits, activation_calibrator, percentile, activation_scheme, weight_bits, weight_granularity, weight_calibrator, weight_scheme, bias_correction, execution, sensitivity, focus_layer, keep_float, evaluation_samples, loss_samples, primary_metric, gate_error, gate_samples, output_divergence, provider, optimization_level, finished_at, duration_ms, error_class, error, simulated_key, integer_kernels, gate_judged_by, export_bytes, failed_under, calibration_data)
SELECT id, key, role, status, model_id, observation_id, search_stage_id, rank_stage_id, fp32_key, unsmoothed_key, settings, alpha_mode, alpha, absmax, smoothing_apply, search_order, search_objective, calibration_batches, calibration_batch_size, calibration_samples, calibration_seed, activation_bits, activation_calibrator, percentile, activation_scheme, weight_bits, weight_granularity, weight_calibrator, weight_scheme, bias_correction, execution, sensitivity, focus_layer, keep_float, evaluation_samples, loss_samples, primary_metric, gate_error, gate_samples, output_divergence, provider, optimization_level, finished_at, duration_ms, error_class, error, simulated_key, integer_kernels, gate_judged_by, export_bytes, failed_under, calibration_data FROM trial;
DROP TABLE trial;

CREATE TABLE amax_snapshot_new (
  observation_id INTEGER NOT NULL REFERENCES observation(id),
  layer_id       INTEGER NOT NULL REFERENCES layer(id),
  calibrator     TEXT NOT NULL DEFAULT 'max',          -- a name of src/calibrate/calibrators/registry.ts
  amax           REAL NOT NULL,
  PRIMARY KEY (observation_id, layer_id, calibrator)
) STRICT, WITHOUT ROWID;
INSERT INTO amax_snapshot_new (observation_id, layer_id, calibrator, amax)
SELECT observation_id, layer_id, calibrator, amax FROM amax_snapshot;
DROP TABLE amax_snapshot;

-- Views name the tables; without this the renaming would look into them while there are none of those names.
PRAGMA legacy_alter_table = ON;
ALTER TABLE trial_new RENAME TO trial;
ALTER TABLE amax_snapshot_new RENAME TO amax_snapshot;
PRAGMA legacy_alter_table = OFF;
