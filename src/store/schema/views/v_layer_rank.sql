-- A row is one layer by the ranking that one trial's layers.keepFloat chooses from.
CREATE VIEW v_layer_rank AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.keep_float, l.position, l.name AS layer, r.rank, r.divergence, 
       CASE WHEN t.keep_stage_id IS NULL OR t.keep_float IS NULL THEN r.rank <= t.keep_float
         ELSE EXISTS (SELECT 1 FROM keep_try k, json_each(k.layers) j WHERE k.stage_id = t.keep_stage_id AND k.chosen AND j.value = l.name)
       END AS kept_float
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN layer_rank r ON r.stage_id = t.rank_stage_id
JOIN layer l ON l.id = r.layer_id;
