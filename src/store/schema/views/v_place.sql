-- A row is one complete setting of one sweep, in order of merit: place 1 is the best. Candidates
-- come first, by value, among equals as the sweep has them; then unsmoothed trials. Values of
-- different metrics do not rank: those of the metric that the sweep's first trial has come before
-- all others.
-- chosen_from: settings that were judged, also those that were stopped early.
-- This is the one definition of "the best": whatever says so reads this view.
--
-- The rows of one sweep are made in a subquery and come as JSON, here and in other views: a filter
-- by sweep gets through, and no other sweep is read.
CREATE VIEW v_place AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, t.fp32_key AS evaluation, t.primary_metric AS metric, a.value,
       json_extract(p.value, '$[1]') AS place, json_extract(p.value, '$[2]') AS evaluation_place, json_extract(p.value, '$[3]') AS chosen_from
FROM sweep sw
-- The metric of the first trial, once a sweep: in the subquery below it would be looked up again for each trial.
CROSS JOIN json_each(json_array((
  SELECT x.primary_metric FROM sweep_trial y JOIN trial x ON x.id = y.trial_id
  WHERE y.sweep_id = sw.id AND x.primary_metric IS NOT NULL AND x.role <> 'sensitivity' ORDER BY y.position LIMIT 1
))) first
CROSS JOIN json_each((
  SELECT json_group_array(json_array(trial, place, evaluation_place, chosen_from)) FROM (
    SELECT t.id AS trial, t.status,
           row_number() OVER (ORDER BY t.status <> 'done', t.primary_metric IS NOT first.value, t.role = 'unsmoothed', a.value DESC, st.position) AS place,
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
