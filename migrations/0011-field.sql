-- Right or refused: what the mends of faults found in the field need of the schema.

-- tables: the order of sweeps, monotonic times, the writer

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

-- tables: what a trial was judged by, and what it exports
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

-- tables: what is wrong with FP32 results

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

-- tables: failures that are tried again

-- What the failed attempt ran under that is in no key, as JSON: where the next one would run under something else, it is
-- made. NULL: not known, or nothing failed.
ALTER TABLE trial ADD COLUMN failed_under TEXT;
ALTER TABLE stage ADD COLUMN failed_under TEXT;

-- tables: what comparisons are made of

-- What the calibration samples are, by content: the hash of the source's bytes and of what selects samples from it. NULL for
-- fp32, and for trials that an earlier version planned.
ALTER TABLE trial ADD COLUMN calibration_data TEXT;

-- Which layers a trial quantizes: JSON array of their positions, ascending. Means over layers are of these.
ALTER TABLE trial_coverage ADD COLUMN quantized TEXT;
UPDATE trial_coverage SET quantized = (
  SELECT json_group_array(position) FROM (
    SELECT l.position FROM quantizer q JOIN layer l ON l.id = q.layer_id
    WHERE q.trial_id = trial_coverage.trial_id AND q.role = 'input' ORDER BY l.position));

-- p as far as it is known, and what is left of it where one of the two was chosen as the best of many.
ALTER TABLE comparison ADD COLUMN p_relation TEXT NOT NULL DEFAULT '=' CHECK (p_relation IN ('=', '<=')); -- <=: p_value is a bound, which the replicates can't resolve
ALTER TABLE comparison ADD COLUMN replicates INTEGER;                         -- of the bootstrap; NULL for McNemar
ALTER TABLE comparison ADD COLUMN z_score REAL;                               -- difference / spread of the replicates' differences; NULL where that is no measure
ALTER TABLE comparison ADD COLUMN chosen_from INTEGER NOT NULL DEFAULT 1;     -- settings of which the better of the two was chosen as the best; 1: not chosen
ALTER TABLE comparison ADD COLUMN p_corrected REAL;                           -- p_value with that choice allowed for
ALTER TABLE comparison ADD COLUMN differs INTEGER CHECK (differs IN (0, 1)); -- p_corrected < 0.05
UPDATE comparison SET replicates = (SELECT o.count FROM sample_outcome o WHERE o.trial_id = comparison.trial_id AND o.metric = comparison.metric AND o.kind = 'bootstrap')
WHERE method = 'paired bootstrap';
-- A normal tail was taken for p below what so many replicates can count. The number of settings is that of now: the next run compares anew.
UPDATE comparison SET chosen_from = max(1, (
  SELECT count(*) FROM sweep_trial st JOIN trial t ON t.id = st.trial_id
  WHERE st.sweep_id = comparison.sweep_id AND t.role = 'candidate' AND t.status IN ('done', 'stopped')))
WHERE (difference < 0 AND against = 'best')
  OR (difference > 0 AND EXISTS (SELECT 1 FROM comparison b WHERE b.sweep_id = comparison.sweep_id AND b.against = 'best' AND b.other_trial_id = comparison.trial_id));
UPDATE comparison SET p_corrected = min(1.0, p_value * chosen_from);
UPDATE comparison SET p_value = 2.0 / (replicates + 1), p_relation = '<=' WHERE p_value < 2.0 / (replicates + 1);
UPDATE comparison SET p_corrected = max(p_value, p_corrected), significant = p_value < 0.05;
UPDATE comparison SET differs = p_corrected < 0.05;

-- Corrections of a layer whose output is folded are in units of the folded output, which export needs; these are in the units
-- of the layer's own output. NULL where they are the same, and in trials of an earlier version.
ALTER TABLE bias_correction ADD COLUMN output_correction TEXT;
ALTER TABLE bias_correction ADD COLUMN output_correction_max REAL;

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
DROP VIEW v_sensitivity;
DROP VIEW v_calibration_noise;
DROP VIEW v_proxy_fidelity;
DROP VIEW v_comparison;
DROP VIEW v_execution;
DROP VIEW v_amax_convergence;
DROP VIEW v_calibrated_amax;
DROP VIEW v_bias_correction;

-- What must be equal for trials of a sweep to differ in one thing alone: equal texts are equal settings. Each key is the FP32
-- trial's (model, evaluation, preprocessing, task and runtime, by content), the calibration data by content, and all other
-- settings without the path that may differ and what follows from it:
--   but_alpha   smoothing.mode, smoothing.alpha, and the search that only some modes have
--   but_size    data.calibration.batches, and samples of searches and corrections, which a small size caps: see v_pair
--   but_absmax  smoothing.absmax
--   but_seed    data.calibration.sampleSeed
--   but_layer   layers.sensitivity and layers.focus, with the role and the early stop that only one of the two has
-- Everything that says "at equal settings" reads this view.
CREATE VIEW v_alike AS
SELECT sw.name AS sweep, t.id AS trial, t.status, t.role, t.fp32_key AS evaluation,
       json_remove(s.settings, '$.smoothing.mode', '$.smoothing.alpha', '$.search') AS but_alpha,
       json_remove(s.settings, '$.calibration.batches', '$.search.samples', '$.quantization.biasCorrection.samples') AS but_size,
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

-- The complete settings of a sweep in order of merit: place 1 is the best. Candidates come first, by value, among equals as
-- the sweep has them; then unsmoothed trials. chosen_from: settings that were judged, also those that were stopped early.
-- Values of different metrics do not rank: those of the metric that the sweep's first trial has come before all others.
-- Here and below the rows of one sweep come as JSON, as in v_proxy_fidelity: a filter by sweep gets through.
CREATE VIEW v_place AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, t.fp32_key AS evaluation, t.primary_metric AS metric, a.value,
       json_extract(p.value, '$[1]') AS place, json_extract(p.value, '$[2]') AS evaluation_place, json_extract(p.value, '$[3]') AS chosen_from
FROM sweep sw
CROSS JOIN json_each((
  SELECT json_group_array(json_array(trial, place, evaluation_place, chosen_from)) FROM (
    SELECT t.id AS trial, t.status,
           row_number() OVER (ORDER BY t.status <> 'done', t.primary_metric IS NOT (
             SELECT x.primary_metric FROM sweep_trial y JOIN trial x ON x.id = y.trial_id
             WHERE y.sweep_id = sw.id AND x.primary_metric IS NOT NULL AND x.role <> 'sensitivity' ORDER BY y.position LIMIT 1
           ), t.role = 'unsmoothed', a.value DESC, st.position) AS place,
           row_number() OVER (PARTITION BY t.fp32_key ORDER BY t.status <> 'done', t.role = 'unsmoothed', a.value DESC, st.position) AS evaluation_place,
           count(*) OVER (PARTITION BY t.role, t.primary_metric) AS chosen_from
    FROM sweep_trial st
    JOIN trial t ON t.id = st.trial_id
    LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
    WHERE st.sweep_id = sw.id AND t.role IN ('candidate', 'unsmoothed') AND t.status IN ('done', 'stopped')
  )
  WHERE status = 'done'
)) p
CROSS JOIN trial t ON t.id = json_extract(p.value, '$[0]')
JOIN sweep_trial st ON st.sweep_id = sw.id AND st.trial_id = t.id
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = '';

-- Pairs of complete trials that are equal in every setting but one. extreme: of the sweep's pairs of calibration sizes those of the
-- smallest and the largest. Samples of a search or a correction, which a small
-- calibration size caps, are equal where the smaller trial has as many as the larger, or all that it can.
CREATE VIEW v_pair AS
SELECT sw.name AS sweep, json_extract(p.value, '$[0]') AS differs_in, one.id AS trial, two.id AS other_trial, so.label, st.label AS other_label,
       one.fp32_key AS evaluation, one.primary_metric AS metric, x.value, y.value AS other_value, y.value - x.value AS difference,
       one.role, one.calibration_batches AS batches, two.calibration_batches AS other_batches, json_extract(p.value, '$[3]') AS extreme
FROM sweep sw
CROSS JOIN json_each((
  SELECT json_group_array(json_array(differs_in, trial, other, extreme)) FROM (
    SELECT 'data.calibration.batches' AS differs_in, json_extract(fewer.value, '$[0]') AS trial, json_extract(more.value, '$[0]') AS other,
           json_extract(fewer.value, '$[1]') = min(json_extract(fewer.value, '$[1]')) OVER () AND json_extract(more.value, '$[1]') = max(json_extract(more.value, '$[1]')) OVER () AS extreme
    FROM (SELECT json_group_array(json_array(k.trial, t.calibration_batches, t.calibration_batches * t.calibration_batch_size,
                   json_extract(t.settings, '$.search.samples'), json_extract(t.settings, '$.quantization.biasCorrection.samples'))) AS members
          FROM v_alike k
          JOIN trial t ON t.id = k.trial
          WHERE k.sweep = sw.name AND k.status = 'done' AND k.role IN ('candidate', 'unsmoothed')
          GROUP BY k.but_size HAVING count(*) > 1) g
    CROSS JOIN json_each(g.members) fewer
    CROSS JOIN json_each(g.members) more ON json_extract(more.value, '$[1]') > json_extract(fewer.value, '$[1]')
      AND json_extract(fewer.value, '$[3]') IS min(json_extract(more.value, '$[3]'), json_extract(fewer.value, '$[2]'))
      AND json_extract(fewer.value, '$[4]') IS min(json_extract(more.value, '$[4]'), json_extract(fewer.value, '$[2]'))
    UNION ALL
    SELECT 'smoothing.absmax', trial, other, 1
    FROM (SELECT max(k.trial) FILTER (WHERE t.absmax = 'channel') AS trial, max(k.trial) FILTER (WHERE t.absmax = 'view') AS other
          FROM v_alike k
          JOIN trial t ON t.id = k.trial
          WHERE k.sweep = sw.name AND k.status = 'done' AND k.role IN ('candidate', 'unsmoothed')
          GROUP BY k.but_absmax)
    WHERE trial IS NOT NULL AND other IS NOT NULL
  )
)) p
CROSS JOIN trial one ON one.id = json_extract(p.value, '$[1]')
CROSS JOIN trial two ON two.id = json_extract(p.value, '$[2]')
JOIN sweep_trial so ON so.sweep_id = sw.id AND so.trial_id = one.id
JOIN sweep_trial st ON st.sweep_id = sw.id AND st.trial_id = two.id
LEFT JOIN accuracy x ON x.trial_id = one.id AND x.metric = one.primary_metric AND x.slice = ''
LEFT JOIN accuracy y ON y.trial_id = two.id AND y.metric = two.primary_metric AND y.slice = '';

-- The best static alpha beside the best dynamic one of equal settings otherwise. An alpha that `auto` chose is static: by the
-- divergence of the output instead of by hand. *_of: settings of which each is the best, also those that were stopped early.
CREATE VIEW v_static_against_dynamic AS
SELECT sw.name AS sweep, s.id AS static_trial, so.label AS static_label, s.alpha AS static_alpha,
       CASE s.alpha_mode WHEN 'auto' THEN 'divergence' ELSE 'grid' END AS static_by, x.value AS static_value, json_extract(p.value, '$[2]') AS static_of,
       d.id AS dynamic_trial, st.label AS dynamic_label, y.value AS dynamic_value, json_extract(p.value, '$[3]') AS dynamic_of,
       x.value - y.value AS difference, s.fp32_key AS evaluation, s.primary_metric AS metric
FROM sweep sw
CROSS JOIN json_each((
  SELECT json_group_array(json_array(static, dynamic, static_of, dynamic_of)) FROM (
    SELECT max(trial) FILTER (WHERE kind = 'static' AND number = 1 AND place IS NOT NULL) AS static, count(*) FILTER (WHERE kind = 'static') AS static_of,
           max(trial) FILTER (WHERE kind = 'dynamic' AND number = 1 AND place IS NOT NULL) AS dynamic, count(*) FILTER (WHERE kind = 'dynamic') AS dynamic_of
    FROM (SELECT trial, kind, place, alike, row_number() OVER (PARTITION BY alike, kind ORDER BY place IS NULL, place) AS number
          FROM (SELECT k.trial, k.but_alpha AS alike, CASE t.alpha_mode WHEN 'dynamic' THEN 'dynamic' ELSE 'static' END AS kind, m.place
                FROM v_place m
                JOIN v_alike k ON k.sweep = sw.name AND k.trial = m.trial
                JOIN trial t ON t.id = m.trial
                WHERE m.sweep = sw.name AND m.role = 'candidate' AND t.alpha_mode IN ('static', 'auto', 'dynamic')
                UNION ALL
                SELECT k.trial, k.but_alpha, CASE t.alpha_mode WHEN 'dynamic' THEN 'dynamic' ELSE 'static' END, NULL
                FROM v_alike k
                JOIN trial t ON t.id = k.trial
                WHERE k.sweep = sw.name AND k.status = 'stopped' AND k.role = 'candidate' AND t.alpha_mode IN ('static', 'auto', 'dynamic')))
    GROUP BY alike
  )
  WHERE static IS NOT NULL AND dynamic IS NOT NULL
)) p
CROSS JOIN trial s ON s.id = json_extract(p.value, '$[0]')
CROSS JOIN trial d ON d.id = json_extract(p.value, '$[1]')
JOIN sweep_trial so ON so.sweep_id = sw.id AND so.trial_id = s.id
JOIN sweep_trial st ON st.sweep_id = sw.id AND st.trial_id = d.id
JOIN accuracy x ON x.trial_id = s.id AND x.metric = s.primary_metric AND x.slice = ''
JOIN accuracy y ON y.trial_id = d.id AND y.metric = d.primary_metric AND y.slice = '';

CREATE VIEW v_comparison AS
SELECT sw.name AS sweep, c.trial_id AS trial, st.label, c.against, c.other_trial_id AS other_trial, so.label AS other_label,
       c.metric, c.difference, c.method, c.p_value, c.ci_low, c.ci_high, c.only_trial, c.only_other, c.significant,
       c.p_relation, c.replicates, c.z_score, c.chosen_from, coalesce(c.p_corrected, c.p_value) AS p_corrected,
       coalesce(c.differs, c.significant) AS differs
FROM comparison c
JOIN sweep sw ON sw.id = c.sweep_id
JOIN sweep_trial st ON st.sweep_id = c.sweep_id AND st.trial_id = c.trial_id
LEFT JOIN sweep_trial so ON so.sweep_id = c.sweep_id AND so.trial_id = c.other_trial_id;

-- As before, with whether p is known or bounded.
CREATE VIEW v_execution AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, m.name AS model, t.activation_bits, t.activation_scheme,
       t.weight_bits, t.weight_granularity, t.weight_scheme, t.primary_metric AS metric, o.id AS simulated_trial,
       oa.value AS simulated, a.value AS integer, a.value - oa.value AS difference,
       c.p_value, c.significant, c.only_trial AS only_integer, c.only_other AS only_simulated,
       (SELECT sum(k.value) FROM json_each(t.integer_kernels) k) AS integer_nodes, t.integer_kernels,
       e.cpu_model, e.cpu_flags, c.p_relation
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id AND t.execution = 'integer' AND t.status = 'done'
LEFT JOIN model m ON m.id = t.model_id
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
LEFT JOIN trial o ON o.key = t.simulated_key AND o.status = 'done'
LEFT JOIN accuracy oa ON oa.trial_id = o.id AND oa.metric = t.primary_metric AND oa.slice = ''
LEFT JOIN comparison c ON c.sweep_id = sw.id AND c.trial_id = t.id AND c.against = 'simulated'
LEFT JOIN attempt r ON r.trial_id = t.id AND r.status = 'done'
LEFT JOIN environment e ON e.id = r.environment_id;

-- A pass: one model over one calibration source in one order. Ranges of two passes have no mean.
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

CREATE VIEW v_bias_correction AS
SELECT sw.name AS sweep, t.id AS trial, st.label, l.position, l.name AS layer,
       coalesce(b.output_correction_max, b.correction_max) AS correction_max, coalesce(b.output_correction, b.correction) AS correction
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN bias_correction b ON b.trial_id = t.id
JOIN layer l ON l.id = b.layer_id;

-- Trials of one layer's sensitivity, beside the trial that is equal but quantizes every layer.
CREATE VIEW v_sensitivity AS
WITH own AS (
  SELECT sw.name AS sweep, sw.id AS sweep_id, t.id, t.model_id, t.fp32_key, t.sensitivity, t.focus_layer, t.output_divergence, a.value,
         k.but_layer AS whole
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN v_alike k ON k.sweep = sw.name AND k.trial = t.id
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

-- As before, with what is compared being of one set of layers and one number of loss samples.
CREATE VIEW v_proxy_fidelity AS
WITH measured AS (
  SELECT sw.name AS sweep, json_extract(handed.value, '$[0]') AS measure, json_extract(handed.value, '$[1]') AS n,
         json_extract(handed.value, '$[2]') AS sum_xy, json_extract(handed.value, '$[3]') AS sum_xx, json_extract(handed.value, '$[4]') AS sum_yy
  FROM sweep sw
  CROSS JOIN json_each((
    WITH judged AS NOT MATERIALIZED (
      SELECT t.id, t.output_divergence, a.value, json_array(c.quantized, t.loss_samples) AS scope,
             first_value(json_array(c.quantized, t.loss_samples)) OVER widest AS widest, min(t.id) OVER evaluation AS evaluation
      FROM sweep_trial st
      JOIN trial t ON t.id = st.trial_id
      JOIN trial_coverage c ON c.trial_id = t.id
      JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
      WHERE st.sweep_id = sw.id AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
      WINDOW evaluation AS (PARTITION BY t.fp32_key),
        widest AS (PARTITION BY t.fp32_key ORDER BY c.quantized_layers DESC, t.loss_samples DESC, c.quantized)
    ), proxy AS NOT MATERIALIZED (
      SELECT 64 * j.evaluation + k.column1
               + 8 * CASE WHEN k.column1 > 5 THEN 4 WHEN l.mode = 'accumulated' THEN 0 WHEN l.mode = 'isolated' THEN 1 WHEN l.mode = 'weight' THEN 2 ELSE 3 END AS measure,
             j.value,
             CASE k.column1 WHEN 0 THEN -l.l1 WHEN 1 THEN -l.rel_l1 WHEN 2 THEN -l.mse WHEN 3 THEN l.sqnr_db
               WHEN 4 THEN l.cosine WHEN 5 THEN -l.max_abs WHEN 6 THEN -j.output_divergence
               ELSE (SELECT g.value FROM accuracy g WHERE g.trial_id = j.id AND g.metric = 'agreement' AND g.slice = '') END AS number
      FROM judged j
      LEFT JOIN trial_loss l ON l.trial_id = j.id
      CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) k
      -- A mean over other layers, or other samples, is another measure: of several sets of layers the one with the most counts.
      -- Measures of the output are of the trial, not of a mode: beside the first of them.
      WHERE j.scope = j.widest
        AND iif(k.column1 > 5, l.mode IS (SELECT min(o.mode) FROM trial_loss o WHERE o.trial_id = j.id), l.mode IS NOT NULL)
    ), ranked AS NOT MATERIALIZED (
      SELECT measure, rank() OVER by_loss + count(*) OVER by_loss AS x, rank() OVER by_value + count(*) OVER by_value AS y
      FROM proxy
      WHERE number IS NOT NULL
      WINDOW by_loss AS (PARTITION BY measure ORDER BY number), by_value AS (PARTITION BY measure ORDER BY value)
    ), sums AS NOT MATERIALIZED (
      SELECT measure, count(*) AS n, sum(x * y) AS xy, sum(x * x) AS xx, sum(y * y) AS yy FROM ranked GROUP BY measure
    )
    SELECT json_group_array(json_array(measure, n, xy, xx, yy)) FROM sums
  )) handed
), moments AS (
  -- The mean of n doubled ranks is n + 1.
  SELECT sweep, measure, n, 1.0 * sum_xy / n - (n + 1.0) * (n + 1.0) AS xy, 1.0 * sum_xx / n - (n + 1.0) * (n + 1.0) AS xx,
         1.0 * sum_yy / n - (n + 1.0) * (n + 1.0) AS yy
  FROM measured
), correlation AS (
  SELECT sweep, measure, n, CASE WHEN n >= 4 AND xx > 1e-9 AND yy > 1e-9 THEN max(-1.0, min(1.0, xy / sqrt(xx * yy))) END AS rho
  FROM moments
), bounded AS (
  SELECT c.*, max(12.0 / (n * n * n - n) - 1, min(1 - 12.0 / (n * n * n - n), rho)) AS inner
  FROM correlation c
)
SELECT c.sweep, t.fp32_key AS evaluation,
       json_extract('["accumulated","isolated","weight","activation","output"]', '$[' || (c.measure / 8 % 8) || ']') AS mode,
       json_extract('["l1","rel_l1","mse","sqnr_db","cosine","max_abs","divergence","agreement"]', '$[' || (c.measure % 8) || ']') AS loss,
       c.n AS trials, c.rho,
       min(c.rho, tanh(atanh(c.inner) - 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_low,
       max(c.rho, tanh(atanh(c.inner) + 1.959964 * sqrt((1 + c.inner * c.inner / 2) / (c.n - 3)))) AS ci_high
FROM bounded c
JOIN trial t ON t.id = c.measure / 64;

-- Trials that are equal but for the seed of their calibration samples.
CREATE VIEW v_calibration_noise AS
WITH spread AS (
  SELECT sw.name AS sweep, sw.id AS sweep_id, q.layer_id, count(*) AS n, min(t.id) AS first_trial, avg(q.amax) AS mean,
         min(q.amax) AS low, max(q.amax) AS high, avg(q.amax * q.amax) - avg(q.amax) * avg(q.amax) AS variance,
         min(m.alpha) AS alpha_min, max(m.alpha) AS alpha_max, min(a.value) AS value_min, max(a.value) AS value_max
  FROM sweep sw
  CROSS JOIN json_each((
    SELECT json_group_array(json(alike)) FROM (
      SELECT json_group_array(t.id) AS alike
      FROM sweep_trial st
      JOIN trial t ON t.id = st.trial_id
      JOIN v_alike k ON k.sweep = sw.name AND k.trial = t.id
      WHERE st.sweep_id = sw.id AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed') AND t.calibration_seed IS NOT NULL
      GROUP BY k.but_seed
    )
  )) setting
  -- CROSS: seeded trials are few or none, and come first.
  CROSS JOIN json_each(setting.value) member
  CROSS JOIN trial t ON t.id = member.value
  CROSS JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  CROSS JOIN quantizer q ON q.trial_id = t.id AND q.role = 'input'
  LEFT JOIN smoothing m ON m.trial_id = t.id AND m.layer_id = q.layer_id
  GROUP BY sw.name, setting.key, q.layer_id
)
SELECT p.sweep, p.first_trial, st.label AS first_label, l.position, l.name AS layer, p.n AS seeds, p.mean AS amax_mean,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) AS amax_sd, p.low AS amax_min, p.high AS amax_max,
       sqrt(max(0, p.variance) * p.n / nullif(p.n - 1, 0)) / nullif(p.mean, 0) AS amax_relative_sd,
       p.alpha_min, p.alpha_max, p.value_min, p.value_max
FROM spread p
JOIN layer l ON l.id = p.layer_id
JOIN sweep_trial st ON st.sweep_id = p.sweep_id AND st.trial_id = p.first_trial;


-- Every setting of a trial by its dotted path in the experiment file. A list is one setting, as JSON. What cannot matter to
-- the trial is NULL.
CREATE VIEW v_setting AS
SELECT sweep, trial, label,
       CASE WHEN key LIKE 'evaluation.source.%' OR key LIKE 'calibration.source.%' THEN 'data.' || replace(key, '.source.', '.')
            WHEN key LIKE 'evaluation.%' OR key LIKE 'calibration.%' OR key LIKE 'preprocess.%' THEN 'data.' || key
            ELSE key END AS setting,
       CASE WHEN key = 'smoothing.mode' AND value = 'auto' THEN 'static'
            WHEN key = 'smoothing.alpha' AND alpha_mode = 'auto' THEN 'auto'
            WHEN type = 'true' THEN 'true' WHEN type = 'false' THEN 'false' ELSE CAST(value AS TEXT) END AS value,
       EXISTS (SELECT 1 FROM json_each(axes) axis
               WHERE axis.key IN (of.key, 'data.' || of.key, 'data.' || replace(of.key, '.source.', '.'))) AS varied
FROM (
  SELECT sw.name AS sweep, t.id AS trial, st.label, st.axes, t.alpha_mode, substr(j.fullkey, 3) AS key, j.type, j.value
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN json_tree(t.settings) j
  -- What is in a list is of the list; a bracket in quotes is of a name. A section that does not apply is left out.
  WHERE j.type <> 'object' AND NOT (j.type = 'null' AND j.path = '$') AND (instr(j.fullkey, '[') = 0 OR j.fullkey LIKE '%"%[%"%') AND j.fullkey <> '$.role'
) of;
