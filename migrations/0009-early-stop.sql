-- Trials that were stopped early, because they are certainly not the best of their sweep: a status of their own, without
-- accuracy and outcomes, so that nothing that ranks or compares finds them. What was seen of them is in early_stop.

DROP VIEW v_trial;
DROP VIEW v_sweep;
DROP VIEW v_sensitivity;

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
  integer_kernels        TEXT                          -- JSON object: operator -> nodes that ran as integer kernels; NULL unless integer
) STRICT;
INSERT INTO trial_new (id, key, role, status, model_id, observation_id, search_stage_id, rank_stage_id, fp32_key, unsmoothed_key, settings, alpha_mode, alpha, absmax, smoothing_apply, search_order, search_objective, calibration_batches, calibration_batch_size, calibration_samples, calibration_seed, activation_bits, activation_calibrator, percentile, activation_scheme, weight_bits, weight_granularity, weight_calibrator, weight_scheme, bias_correction, execution, sensitivity, focus_layer, keep_float, evaluation_samples, loss_samples, primary_metric, gate_error, gate_samples, output_divergence, provider, optimization_level, finished_at, duration_ms, error_class, error, simulated_key, integer_kernels)
SELECT id, key, role, status, model_id, observation_id, search_stage_id, rank_stage_id, fp32_key, unsmoothed_key, settings, alpha_mode, alpha, absmax, smoothing_apply, search_order, search_objective, calibration_batches, calibration_batch_size, calibration_samples, calibration_seed, activation_bits, activation_calibrator, percentile, activation_scheme, weight_bits, weight_granularity, weight_calibrator, weight_scheme, bias_correction, execution, sensitivity, focus_layer, keep_float, evaluation_samples, loss_samples, primary_metric, gate_error, gate_samples, output_divergence, provider, optimization_level, finished_at, duration_ms, error_class, error, simulated_key, integer_kernels FROM trial;
DROP TABLE trial;
-- The views that stay name the table; without this the renaming would look into them while there is none of that name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE trial_new RENAME TO trial;
PRAGMA legacy_alter_table = OFF;

-- Counts are of the samples that were seen, the first of a random order.
CREATE TABLE early_stop (
  trial_id          INTEGER PRIMARY KEY REFERENCES trial(id),
  against_trial_id  INTEGER NOT NULL REFERENCES trial(id), -- the complete trial that it was held against
  metric            TEXT NOT NULL,
  reason            TEXT NOT NULL CHECK (reason IN ('test', 'certain')),
  confidence        REAL NOT NULL,
  order_seed        INTEGER NOT NULL,
  samples           INTEGER NOT NULL,                      -- of the whole evaluation
  evaluated_samples INTEGER NOT NULL,                      -- seen
  correct           INTEGER NOT NULL,
  against_correct   INTEGER NOT NULL,
  only_trial        INTEGER NOT NULL,
  only_against      INTEGER NOT NULL,
  p_value           REAL NOT NULL,                         -- one-sided, of the look that stopped it
  threshold         REAL NOT NULL                          -- (1 - confidence) / looks
) STRICT;

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
       t.output_divergence, (SELECT g.duration_ms FROM stage g WHERE g.id = t.search_stage_id) AS search_duration_ms,
       CASE t.status WHEN 'done' THEN t.evaluation_samples WHEN 'stopped' THEN e.evaluated_samples END AS evaluated_samples
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
LEFT JOIN model m ON m.id = t.model_id
LEFT JOIN early_stop e ON e.trial_id = t.id
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
LEFT JOIN trial ft ON ft.key = t.fp32_key
LEFT JOIN accuracy f ON f.trial_id = ft.id AND f.metric = t.primary_metric AND f.slice = ''
LEFT JOIN trial ut ON ut.key = t.unsmoothed_key
LEFT JOIN accuracy u ON u.trial_id = ut.id AND u.metric = t.primary_metric AND u.slice = '';

CREATE VIEW v_sweep AS
SELECT sw.name AS sweep, sw.question, count(t.id) AS trials,
       count(*) FILTER (WHERE t.status = 'done') AS done, count(*) FILTER (WHERE t.status = 'failed') AS failed,
       count(*) FILTER (WHERE t.status = 'pending') AS pending,
       sw.created_at, sw.updated_at, sw.experiment_path, sw.key,
       count(*) FILTER (WHERE t.status = 'stopped') AS stopped
FROM sweep sw
LEFT JOIN sweep_trial st ON st.sweep_id = sw.id
LEFT JOIN trial t ON t.id = st.trial_id
GROUP BY sw.name;

-- Trials of one layer's sensitivity, beside the trial that is equal but quantizes every layer.
CREATE VIEW v_sensitivity AS
WITH own AS (
  SELECT sw.name AS sweep, sw.id AS sweep_id, t.id, t.model_id, t.fp32_key, t.sensitivity, t.focus_layer, t.output_divergence, a.value,
         json_remove(json_set(t.settings, '$.layers.sensitivity', 'none', '$.layers.focus', '*'), '$.role', '$.evaluation.stop') AS whole
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  -- A sweep without such trials has no row here, and its settings need not be read.
  WHERE t.status = 'done' AND t.role <> 'fp32'
    AND EXISTS (SELECT 1 FROM sweep_trial ss JOIN trial s ON s.id = ss.trial_id WHERE ss.sweep_id = sw.id AND s.sensitivity IS NOT NULL)
), beside AS (
  SELECT *, max(id) FILTER (WHERE sensitivity IS NULL) OVER alike AS whole_trial, max(value) FILTER (WHERE sensitivity IS NULL) OVER alike AS whole_value
  FROM own
  WINDOW alike AS (PARTITION BY sweep, model_id, fp32_key, whole)
), of_layer AS (
  SELECT *,
         max(id) FILTER (WHERE sensitivity = 'only') OVER layer AS only_trial,
         max(value) FILTER (WHERE sensitivity = 'only') OVER layer AS only_value,
         max(output_divergence) FILTER (WHERE sensitivity = 'only') OVER layer AS only_divergence,
         max(id) FILTER (WHERE sensitivity = 'allBut') OVER layer AS all_but_trial,
         max(value) FILTER (WHERE sensitivity = 'allBut') OVER layer AS all_but_value,
         max(output_divergence) FILTER (WHERE sensitivity = 'allBut') OVER layer AS all_but_divergence,
         row_number() OVER layer AS number
  FROM beside
  WHERE sensitivity IS NOT NULL
  WINDOW layer AS (PARTITION BY sweep, model_id, fp32_key, whole, focus_layer)
), setting AS (
  SELECT *, dense_rank() OVER (PARTITION BY sweep ORDER BY model_id, fp32_key, whole) AS setting
  FROM of_layer
  WHERE number = 1
), ranked AS (
  SELECT *, rank() OVER (PARTITION BY sweep, model_id, fp32_key, whole ORDER BY only_divergence DESC) AS rank
  FROM setting
)
SELECT o.sweep, m.name AS model, o.setting, o.whole_trial, w.label AS whole_label, l.position, o.focus_layer AS layer, l.op,
       f.value AS fp32_value, o.whole_value, o.only_trial, o.only_value, f.value - o.only_value AS drop_only, o.only_divergence,
       o.all_but_trial, o.all_but_value, o.all_but_value - o.whole_value AS gain_all_but, o.all_but_divergence,
       CASE WHEN o.only_divergence IS NOT NULL THEN o.rank END AS rank
FROM ranked o
JOIN model m ON m.id = o.model_id
JOIN layer l ON l.model_id = o.model_id AND l.name = o.focus_layer
LEFT JOIN sweep_trial w ON w.sweep_id = o.sweep_id AND w.trial_id = o.whole_trial
LEFT JOIN trial ft ON ft.key = o.fp32_key
LEFT JOIN accuracy f ON f.trial_id = ft.id AND f.metric = ft.primary_metric AND f.slice = '';

CREATE VIEW v_stopped AS
SELECT sw.name AS sweep, t.id AS trial, st.label, e.metric, e.reason, e.evaluated_samples, e.samples, e.correct,
       e.against_trial_id AS against, (SELECT so.label FROM sweep_trial so WHERE so.sweep_id = sw.id AND so.trial_id = e.against_trial_id) AS against_label,
       e.against_correct, e.only_trial, e.only_against, e.p_value, e.threshold, e.confidence, e.order_seed
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id AND t.status = 'stopped'
JOIN early_stop e ON e.trial_id = t.id;
