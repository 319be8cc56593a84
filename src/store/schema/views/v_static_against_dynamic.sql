-- A row is one setting: the best static alpha beside the best dynamic one of those that are equal
-- otherwise (v_alike), each by its place (v_place). An alpha that `auto` chose is static: by the
-- divergence of the output instead of by hand. *_of: settings of which each is the best, also those
-- that were stopped early.
-- This is the one definition of "the best static" and "the best dynamic".
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
