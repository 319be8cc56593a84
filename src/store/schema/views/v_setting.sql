-- A row is one setting of one trial, under its dotted path in the experiment file. A list is one
-- setting, as JSON. What cannot matter to the trial is NULL.
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
