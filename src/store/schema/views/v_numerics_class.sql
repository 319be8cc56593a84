-- A row is one numerics class of what is finished of one sweep. Where a sweep has more than one, its
-- numbers are not comparable bit for bit. A stage whose parts are of several counts in each.
-- The rows of one sweep come as JSON: a filter by sweep gets through.
CREATE VIEW v_numerics_class AS
SELECT sw.name AS sweep, counted.value ->> 0 AS numerics_class, counted.value ->> 1 AS trials, counted.value ->> 2 AS stages
FROM sweep sw
CROSS JOIN json_each((
  SELECT json_group_array(json_array(class, trials, stages)) FROM (
    SELECT class, sum(trials) AS trials, sum(stages) AS stages
    FROM (
      SELECT t.numerics_class AS class, 1 AS trials, 0 AS stages
      FROM sweep_trial st
      JOIN trial t ON t.id = st.trial_id AND t.status IN ('done', 'stopped')
      WHERE st.sweep_id = sw.id
      UNION ALL
      SELECT of_stage.value, 0, 1
      FROM sweep_stage ss
      JOIN stage s ON s.id = ss.stage_id AND s.status = 'done'
      JOIN json_each(coalesce('["' || replace(s.numerics_class, '+', '","') || '"]', '[null]')) of_stage
      WHERE ss.sweep_id = sw.id
    )
    GROUP BY class
  )
)) counted;
