-- A row is one sweep, with its trials counted by status.
CREATE VIEW v_sweep AS
SELECT sw.name AS sweep, sw.question, count(t.id) AS trials,
       count(*) FILTER (WHERE t.status = 'done') AS done, count(*) FILTER (WHERE t.status = 'failed') AS failed,
       count(*) FILTER (WHERE t.status = 'pending') AS pending,
       sw.created_at, sw.updated_at, sw.experiment_path, sw.key,
       count(*) FILTER (WHERE t.status = 'stopped') AS stopped,
       sw.last_run, sw.first_attempt, sw.run_attempt,
       EXISTS (SELECT 1 FROM writer w WHERE w.id = 1 AND w.sweep_id = sw.id) AS claimed,
       (SELECT group_concat(n.numerics_class, ', ' ORDER BY n.numerics_class) FROM v_numerics_class n WHERE n.sweep = sw.name) AS numerics_classes,
       sw.goal,
       EXISTS (SELECT 1 FROM sweep_trial s JOIN latency l ON l.trial_id = s.trial_id WHERE s.sweep_id = sw.id) AS has_latency
FROM sweep sw
LEFT JOIN sweep_trial st ON st.sweep_id = sw.id
LEFT JOIN trial t ON t.id = st.trial_id
GROUP BY sw.name;
