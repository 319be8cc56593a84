-- A row is one layer of one model of one sweep.
CREATE VIEW v_layer AS
SELECT sw.name AS sweep, m.name AS model, l.position, l.name AS layer, l.op, l.input_tensor, l.output_tensor,
       l.weight_shape, l.groups, l.input_channels, l.output_channels, l.batch_norm, l.unsupported,
       l.parameters, l.macs
FROM sweep sw
JOIN model m ON m.id IN (SELECT t.model_id FROM sweep_trial st JOIN trial t ON t.id = st.trial_id WHERE st.sweep_id = sw.id)
JOIN layer l ON l.model_id = m.id;
