-- A row is one metric, or one slice of a metric, of one complete trial.
CREATE VIEW v_accuracy AS
SELECT sw.name AS sweep, t.id AS trial, st.label, a.metric, a.slice, a.value, a.ci_low, a.ci_high, a.ci_method, a.correct, a.total, a.ci_seed
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN accuracy a ON a.trial_id = t.id;
