-- A row is one quantizer of one trial: of the input or of the weight of a layer, and of a tensor
-- that a target quantizes.
CREATE VIEW v_quantizer AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.target, l.position, l.name AS layer,
       CASE q.role WHEN 'input' THEN l.input_tensor END AS tensor, q.role, q.granularity, NULL AS scale_group,
       q.bits, q.signed, q.amax, q.low, q.scale, q.zero_point, 0 AS is_fixed
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN quantizer q ON q.trial_id = t.id
JOIN layer l ON l.id = q.layer_id
UNION ALL
SELECT sw.name, t.id, st.label, t.target, q.position, NULL,
       q.tensor, 'tensor', CASE WHEN q.divisor IS NULL THEN 'tensor' ELSE 'channel' END, q."group",
       q.bits, q.signed, q.amax, q.low, q.scale, q.zero_point, q.is_fixed
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN tensor_quantizer q ON q.trial_id = t.id;
