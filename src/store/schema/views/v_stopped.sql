-- A row is one trial that was stopped early, with the counts of the samples that were seen.
CREATE VIEW v_stopped AS
SELECT sw.name AS sweep, t.id AS trial, st.label, e.metric, e.reason, e.evaluated_samples, e.samples, e.correct,
       e.against_trial_id AS against, (SELECT so.label FROM sweep_trial so WHERE so.sweep_id = sw.id AND so.trial_id = e.against_trial_id) AS against_label,
       e.against_correct, e.only_trial, e.only_against, e.p_value, e.threshold, e.confidence, e.order_seed
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id AND t.status = 'stopped'
JOIN early_stop e ON e.trial_id = t.id;
