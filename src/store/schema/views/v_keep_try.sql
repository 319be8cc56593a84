-- A row is one set of layers that was tried in float for a trial with layers.keepFloat: auto or slower.
CREATE VIEW v_keep_try AS
SELECT sw.name AS sweep, t.id AS trial, st.label, k.position, k.keep, k.layers, k.metric, k.value, k.loss, t.keep_float_loss AS allowed, k.chosen,
       k.against_all, k.against_all_low, k.against_all_high
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN keep_try k ON k.stage_id = t.keep_stage_id;
