-- A row is one layer in one trial, with its squared error split into its weight's and its input's share.
CREATE VIEW v_layer_damage AS
SELECT sweep, trial, label, role, alpha_mode, layer_alpha, position, layer, op, weight_mse, activation_mse, isolated_mse,
       isolated_mse - weight_mse - activation_mse AS interaction_mse,
       weight_mse / nullif(weight_mse + activation_mse, 0) AS weight_share,
       -- Over the square of the output: power(10, -sqnr_db / 10), and mse over the same square.
       weight_mse / signal AS weight_noise, activation_mse / signal AS activation_noise, isolated_mse / signal AS isolated_noise
FROM (
  SELECT sw.name AS sweep, t.id AS trial, st.label, t.role, t.alpha_mode, s.alpha AS layer_alpha, l.position, l.name AS layer, l.op,
         w.mse AS weight_mse, a.mse AS activation_mse, i.mse AS isolated_mse,
         coalesce(w.mse * power(10, w.sqnr_db / 10), a.mse * power(10, a.sqnr_db / 10)) AS signal
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN layer_loss w ON w.trial_id = t.id AND w.mode = 'weight'
  JOIN layer_loss a ON a.trial_id = t.id AND a.layer_id = w.layer_id AND a.mode = 'activation'
  JOIN layer l ON l.id = w.layer_id
  LEFT JOIN layer_loss i ON i.trial_id = t.id AND i.layer_id = w.layer_id AND i.mode = 'isolated'
  LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id
);
