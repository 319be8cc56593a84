-- A row is one finished trial of integer execution, beside its simulated counterpart.
CREATE VIEW v_execution AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, m.name AS model, t.activation_bits, t.activation_scheme,
       t.weight_bits, t.weight_granularity, t.weight_scheme, t.primary_metric AS metric, o.id AS simulated_trial,
       oa.value AS simulated, a.value AS integer, a.value - oa.value AS difference,
       c.p_value, c.significant, c.only_trial AS only_integer, c.only_other AS only_simulated,
       (SELECT sum(k.value) FROM json_each(t.integer_kernels) k) AS integer_nodes, t.integer_kernels,
       e.cpu_model, e.cpu_flags, c.p_relation
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id AND t.execution = 'integer' AND t.status = 'done'
LEFT JOIN model m ON m.id = t.model_id
LEFT JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
LEFT JOIN trial o ON o.key = t.simulated_key AND o.status = 'done'
LEFT JOIN accuracy oa ON oa.trial_id = o.id AND oa.metric = t.primary_metric AND oa.slice = ''
LEFT JOIN comparison c ON c.sweep_id = sw.id AND c.trial_id = t.id AND c.against = 'simulated'
LEFT JOIN attempt r ON r.trial_id = t.id AND r.status = 'done'
LEFT JOIN environment e ON e.id = r.environment_id;
