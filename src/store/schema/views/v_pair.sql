-- A row is one pair of complete trials that are equal in every setting but one (v_alike).
-- extreme: of the sweep's pairs of calibration sizes those of the smallest and the largest. Samples
-- of a search, a correction or rounding, which a small calibration size caps, are equal where the smaller
-- trial has as many as the larger, or all that it can.
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
                   json_extract(t.settings, '$.search.samples'), json_extract(t.settings, '$.quantization.biasCorrection.samples'),
                   json_extract(t.settings, '$.quantization.rounding.samples'))) AS members
          FROM v_alike k
          JOIN trial t ON t.id = k.trial
          WHERE k.sweep = sw.name AND k.status = 'done' AND k.role IN ('candidate', 'unsmoothed')
          GROUP BY k.but_size HAVING count(*) > 1) g
    CROSS JOIN json_each(g.members) fewer
    CROSS JOIN json_each(g.members) more ON json_extract(more.value, '$[1]') > json_extract(fewer.value, '$[1]')
      AND json_extract(fewer.value, '$[3]') IS min(json_extract(more.value, '$[3]'), json_extract(fewer.value, '$[2]'))
      AND json_extract(fewer.value, '$[4]') IS min(json_extract(more.value, '$[4]'), json_extract(fewer.value, '$[2]'))
      AND json_extract(fewer.value, '$[5]') IS min(json_extract(more.value, '$[5]'), json_extract(fewer.value, '$[2]'))
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
