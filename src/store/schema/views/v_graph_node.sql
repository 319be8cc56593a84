-- A row is one node of the graph of one model of one sweep, as it is quantized, or one end of it.
CREATE VIEW v_graph_node AS
SELECT sw.name AS sweep, m.name AS model, g.position AS node, g.name, g.op, l.position, l.name AS layer, g.shape
FROM sweep sw
JOIN model m ON m.id IN (SELECT t.model_id FROM sweep_trial st JOIN trial t ON t.id = st.trial_id WHERE st.sweep_id = sw.id)
JOIN graph_node g ON g.model_id = m.id
LEFT JOIN layer l ON l.id = g.layer_id;
