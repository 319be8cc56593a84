-- A row is one tensor that a target quantizes, in one trial.
CREATE VIEW v_tensor_quantizer AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.target, q.position, q.tensor, q.op, q."group" AS scale_group,
       CASE WHEN q.op IS NULL THEN 'input' ELSE 'output' END AS role,
       q.bits, q.signed, q.amax, q.low, q.scale, q.zero_point, q.is_fixed, q.divisor
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN tensor_quantizer q ON q.trial_id = t.id;
