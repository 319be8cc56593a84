-- Integer execution: what ran as integer kernels, and each trial beside its simulated counterpart.

DROP VIEW v_comparison;

ALTER TABLE trial ADD COLUMN simulated_key TEXT;    -- the trial that differs in execution alone; NULL unless integer
ALTER TABLE trial ADD COLUMN integer_kernels TEXT;  -- JSON object: operator -> nodes that ran as integer kernels; NULL unless integer

CREATE TABLE comparison_new (
  sweep_id       INTEGER NOT NULL REFERENCES sweep(id),
  trial_id       INTEGER NOT NULL REFERENCES trial(id),
  against        TEXT NOT NULL CHECK (against IN ('fp32', 'unsmoothed', 'simulated', 'best')),
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
INSERT INTO comparison_new (sweep_id, trial_id, against, other_trial_id, metric, difference, method, p_value, ci_low, ci_high, only_trial, only_other, significant)
SELECT sweep_id, trial_id, against, other_trial_id, metric, difference, method, p_value, ci_low, ci_high, only_trial, only_other, significant FROM comparison;
DROP TABLE comparison;
ALTER TABLE comparison_new RENAME TO comparison;

CREATE VIEW v_comparison AS
SELECT sw.name AS sweep, c.trial_id AS trial, st.label, c.against, c.other_trial_id AS other_trial, so.label AS other_label,
       c.metric, c.difference, c.method, c.p_value, c.ci_low, c.ci_high, c.only_trial, c.only_other, c.significant
FROM comparison c
JOIN sweep sw ON sw.id = c.sweep_id
JOIN sweep_trial st ON st.sweep_id = c.sweep_id AND st.trial_id = c.trial_id
LEFT JOIN sweep_trial so ON so.sweep_id = c.sweep_id AND so.trial_id = c.other_trial_id;

CREATE VIEW v_execution AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, m.name AS model, t.activation_bits, t.activation_scheme,
       t.weight_bits, t.weight_granularity, t.weight_scheme, t.primary_metric AS metric, o.id AS simulated_trial,
       oa.value AS simulated, a.value AS integer, a.value - oa.value AS difference,
       c.p_value, c.significant, c.only_trial AS only_integer, c.only_other AS only_simulated,
       (SELECT sum(k.value) FROM json_each(t.integer_kernels) k) AS integer_nodes, t.integer_kernels,
       e.cpu_model, e.cpu_flags
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
