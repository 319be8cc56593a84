-- A row is one assignment of bits to the layers of a trial of a goal with bits: evaluated, or a
-- point of the predicted curve.
CREATE VIEW v_frontier AS
SELECT sw.name AS sweep, t.id AS trial, st.label, f.kind, f.position, f.minimize, f.cost, f.predicted, f.metric, f.value, f."drop" AS loss,
       f.drop_low AS loss_low, f.drop_high AS loss_high, f.allowed, f.divergence, f.chosen, f.bracketed, f.mean_bits, f.bits,
       f.seen AS evaluated_samples, f.stopped, f.confidence
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN frontier_point f ON f.stage_id = t.keep_stage_id;
