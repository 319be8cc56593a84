-- Right or refused: what the mends of faults found in the field need of the schema.

-- tables: S6

-- The run that writes the file now; no row where none does. `mark` is that run's alone and changes whenever its
-- write-ahead log has gone back into the file: whoever finds another one does not write this file any more.
CREATE TABLE writer (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  mark    TEXT NOT NULL,
  pid     INTEGER NOT NULL,
  host    TEXT NOT NULL,
  since   TEXT NOT NULL,
  process TEXT,                                        -- boot of the machine and start of the process after it; NULL where the system tells none
  sweep_id INTEGER REFERENCES sweep(id)                -- that it runs; NULL until it has begun it
) STRICT;

-- Which sweep ran last, and which attempts are of its last run, by counting: the clock on the wall may be set.
ALTER TABLE sweep ADD COLUMN last_run INTEGER NOT NULL DEFAULT 0;      -- the largest ran last
ALTER TABLE sweep ADD COLUMN first_attempt INTEGER NOT NULL DEFAULT 0; -- attempts from this one on came after it first began
ALTER TABLE sweep ADD COLUMN run_attempt INTEGER NOT NULL DEFAULT 0;   -- and from this one on after it last began
-- Of earlier runs the clock is all there is.
UPDATE sweep SET
  last_run = (SELECT count(*) FROM sweep o WHERE (o.updated_at, o.id) <= (sweep.updated_at, sweep.id)),
  first_attempt = coalesce((SELECT min(a.id) FROM attempt a WHERE a.started_at >= sweep.created_at), (SELECT coalesce(max(a.id), 0) + 1 FROM attempt a)),
  run_attempt = coalesce((SELECT min(a.id) FROM attempt a WHERE a.started_at >= sweep.updated_at), (SELECT coalesce(max(a.id), 0) + 1 FROM attempt a));

-- Milliseconds of the machine's monotonic clock, which its processes share and which nobody sets; NULL in earlier attempts.
ALTER TABLE attempt ADD COLUMN started_ms REAL;
ALTER TABLE attempt ADD COLUMN ended_ms REAL;

-- tables: S3
-- Why a gate's output alone did not tell: 'discontinuous' or 'rounding'; NULL where it did, and for trials of earlier versions.
ALTER TABLE trial ADD COLUMN gate_judged_by TEXT;
-- Bytes of the trial's QDQ model, without the metadata that an export adds; NULL for fp32 and for trials of earlier versions.
ALTER TABLE trial ADD COLUMN export_bytes INTEGER;

DROP VIEW v_trial;
CREATE VIEW v_trial AS
SELECT sw.name AS sweep, t.id AS trial, st.position, st.label, t.role, t.status,
       t.alpha_mode, t.alpha, t.absmax, t.calibration_batches, t.calibration_samples,
       t.activation_bits, t.activation_calibrator, t.weight_bits, t.weight_granularity,
       t.primary_metric AS metric, a.value, a.ci_low, a.ci_high,
       f.value AS fp32_value, a.value - f.value AS gap_to_fp32,
       u.value AS unsmoothed_value, a.value - u.value AS gain_over_unsmoothed,
       l.l1 AS mean_l1, l.rel_l1 AS mean_rel_l1, l.sqnr_db AS mean_sqnr_db,
       (SELECT g.value FROM accuracy g WHERE g.trial_id = t.id AND g.metric = 'agreement' AND g.slice = '') AS agreement,
       t.gate_error, t.provider, t.optimization_level, t.duration_ms, t.finished_at,
       t.error_class, t.error, m.name AS model, t.key, st.axes, t.settings,
       t.smoothing_apply, t.search_order, t.search_objective, t.calibration_seed, t.percentile, t.activation_scheme,
       t.weight_calibrator, t.weight_scheme, t.bias_correction, t.execution, t.sensitivity, t.focus_layer, t.keep_float,
       t.output_divergence, (SELECT g.duration_ms FROM stage g WHERE g.id = t.search_stage_id) AS search_duration_ms,
       CASE t.status WHEN 'done' THEN t.evaluation_samples WHEN 'stopped' THEN e.evaluated_samples END AS evaluated_samples,
       t.gate_judged_by, t.export_bytes
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
LEFT JOIN model m ON m.id = t.model_id
LEFT JOIN early_stop e ON e.trial_id = t.id
LEFT JOIN trial_loss l ON l.trial_id = t.id AND l.mode = 'accumulated'
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
LEFT JOIN trial ft ON ft.key = t.fp32_key
LEFT JOIN accuracy f ON f.trial_id = ft.id AND f.metric = t.primary_metric AND f.slice = ''
LEFT JOIN trial ut ON ut.key = t.unsmoothed_key
LEFT JOIN accuracy u ON u.trial_id = ut.id AND u.metric = t.primary_metric AND u.slice = '';

-- tables: S4

-- tables: S5

-- tables: S2

-- What was found wrong with an FP32 result when it was made: no row for a sound one, and none for one that is older than
-- such findings.
CREATE TABLE reference_warning (
  stage_id INTEGER NOT NULL REFERENCES stage(id),      -- of kind reference
  position INTEGER NOT NULL,
  kind     TEXT NOT NULL,                              -- at-chance, shifted-labels, constant-output, ...
  voids    INTEGER NOT NULL CHECK (voids IN (0, 1)),   -- 1: no trial measured against it can be called the best
  message  TEXT NOT NULL,                              -- what was seen, of the evaluated samples
  cause    TEXT NOT NULL,                              -- where to look first
  PRIMARY KEY (stage_id, position)
) STRICT, WITHOUT ROWID;

-- The reference stage behind the FP32 key of trials.
CREATE TABLE fp32_reference (
  fp32_key TEXT PRIMARY KEY,
  stage_id INTEGER NOT NULL REFERENCES stage(id)
) STRICT, WITHOUT ROWID;

-- tables: S7

-- What the failed attempt ran under that is in no key, as JSON: where the next one would run under something else, it is
-- made. NULL: not known, or nothing failed.
ALTER TABLE trial ADD COLUMN failed_under TEXT;
ALTER TABLE stage ADD COLUMN failed_under TEXT;

-- tables: S8

-- tables: S1

-- views

DROP VIEW v_sweep;
CREATE VIEW v_sweep AS
SELECT sw.name AS sweep, sw.question, count(t.id) AS trials,
       count(*) FILTER (WHERE t.status = 'done') AS done, count(*) FILTER (WHERE t.status = 'failed') AS failed,
       count(*) FILTER (WHERE t.status = 'pending') AS pending,
       sw.created_at, sw.updated_at, sw.experiment_path, sw.key,
       count(*) FILTER (WHERE t.status = 'stopped') AS stopped,
       sw.last_run, sw.first_attempt, sw.run_attempt,
       EXISTS (SELECT 1 FROM writer w WHERE w.id = 1 AND w.sweep_id = sw.id) AS claimed
FROM sweep sw
LEFT JOIN sweep_trial st ON st.sweep_id = sw.id
LEFT JOIN trial t ON t.id = st.trial_id
GROUP BY sw.name;

DROP VIEW v_attempt;
CREATE VIEW v_attempt AS
SELECT a.id AS attempt, CASE WHEN a.trial_id IS NULL THEN 'stage' ELSE 'trial' END AS work, a.trial_id AS trial, a.stage_id AS stage,
       s.kind AS stage_kind, a.part, a.number, a.status, a.started_at, a.ended_at, a.duration_ms, a.host, a.device, a.provider,
       a.timings, a.error_class, a.error, e.onnxruntime_version, e.cpu_model, e.cpu_flags, e.gpu, e.quantsweep_version, a.kernels,
       a.started_ms, a.ended_ms
FROM attempt a
LEFT JOIN stage s ON s.id = a.stage_id
LEFT JOIN environment e ON e.id = a.environment_id;
-- What is wrong with the FP32 results of a sweep, and how many of its trials each is the reference of.
CREATE VIEW v_warning AS
SELECT sw.name AS sweep, w.kind, w.voids, w.message, w.cause, w.stage_id AS stage, m.name AS model,
       (SELECT count(*) FROM fp32_reference r JOIN trial t ON t.fp32_key = r.fp32_key JOIN sweep_trial st ON st.trial_id = t.id
        WHERE r.stage_id = w.stage_id AND st.sweep_id = sw.id) AS trials, w.position
FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id
JOIN reference_warning w ON w.stage_id = ss.stage_id
JOIN stage s ON s.id = w.stage_id
LEFT JOIN model m ON m.id = s.model_id;

-- Inputs that trials of scheme unsigned quantize although calibration saw values below 0 in them, all of which become 0.
CREATE VIEW v_unsigned_input AS
SELECT sweep, model, position, layer, min(lowest) AS lowest, count(*) AS trials
FROM (
  SELECT sw.name AS sweep, m.name AS model, l.position, l.name AS layer, l.id AS layer_id,
         (SELECT min(c.act_min) FROM channel_stat c WHERE c.observation_id = t.observation_id AND c.layer_id = l.id) AS lowest
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id AND t.activation_scheme = 'unsigned'
  JOIN quantizer q ON q.trial_id = t.id AND q.role = 'input'
  JOIN layer l ON l.id = q.layer_id
  JOIN model m ON m.id = l.model_id
)
WHERE lowest < 0
GROUP BY sweep, layer_id;
