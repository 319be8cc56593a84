-- A row is one input that trials of scheme unsigned quantize although calibration saw values below
-- 0 in it, all of which become 0.
CREATE VIEW v_unsigned_input AS
SELECT sweep, model, position, layer, min(lowest) AS lowest, count(*) AS trials
FROM (
  SELECT sw.name AS sweep, m.name AS model, l.position, l.name AS layer, l.id AS layer_id,
         (SELECT min(c.act_min) FROM channel_stat c WHERE c.observation_id = t.observation_id AND c.layer_id = l.id) AS lowest
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id AND t.activation_scheme = 'unsigned'
  JOIN quantizer q ON q.trial_id = t.id AND q.role = 'input'
  JOIN layer l ON l.id = q.layer_id
  JOIN model m ON m.id = l.model_id
)
WHERE lowest < 0
GROUP BY sweep, layer_id;
