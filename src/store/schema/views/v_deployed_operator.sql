-- A row is one operator of the model that one trial deploys, as the runtime runs it.
CREATE VIEW v_deployed_operator AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.target, o.position, o.node, o.op, o.runs, o.kernel
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN deployed_operator o ON o.trial_id = t.id;
