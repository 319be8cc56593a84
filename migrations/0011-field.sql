-- Right or refused: what the mends of faults found in the field need of the schema.

-- tables: S6

-- tables: S3

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

-- tables: S8

-- tables: S1

-- views

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
