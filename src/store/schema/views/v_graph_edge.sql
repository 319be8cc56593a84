-- A row is one tensor that a node of the graph of one model of one sweep makes and another reads.
CREATE VIEW v_graph_edge AS
SELECT sw.name AS sweep, m.name AS model, e.from_node, e.to_node, e.tensor
FROM sweep sw
JOIN model m ON m.id IN (SELECT t.model_id FROM sweep_trial st JOIN trial t ON t.id = st.trial_id WHERE st.sweep_id = sw.id)
JOIN graph_edge e ON e.model_id = m.id;
