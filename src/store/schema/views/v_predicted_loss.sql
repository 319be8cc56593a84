-- A row is one layer in one trial that had second moments of the layers' inputs at hand.
CREATE VIEW v_predicted_loss AS
SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, t.alpha_mode, s.alpha AS layer_alpha, l.position, l.name AS layer, l.op,
       p.weight_mse AS weight_error, p.input_mse AS input_error, p.weight_mse + p.input_mse AS predicted_mse,
       (p.weight_mse + p.input_mse) / nullif(p.power, 0) AS predicted_relative,
       i.mse AS measured_mse, i.mse / nullif(p.power, 0) AS measured_relative,
       (p.weight_mse + p.input_mse) / nullif(i.mse, 0) AS ratio, p.input_noise, p.samples, p.product_share
FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id
JOIN trial t ON t.id = st.trial_id
JOIN predicted_loss p ON p.trial_id = t.id
JOIN layer l ON l.id = p.layer_id
LEFT JOIN layer_loss i ON i.trial_id = t.id AND i.layer_id = p.layer_id AND i.mode = 'isolated'
LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id;
