-- A row is one finished trial against one of its counterparts: FP32, unsmoothed, simulated, the
-- best. The program compares them at the end of a run; this view says which they are.
CREATE VIEW v_comparison AS
SELECT sw.name AS sweep, c.trial_id AS trial, st.label, c.against, c.other_trial_id AS other_trial, so.label AS other_label,
       c.metric, c.difference, c.method, c.p_value, c.ci_low, c.ci_high, c.only_trial, c.only_other, c.significant,
       c.p_relation, c.replicates, c.z_score, c.chosen_from, coalesce(c.p_corrected, c.p_value) AS p_corrected,
       coalesce(c.differs, c.significant) AS differs
FROM comparison c
JOIN sweep sw ON sw.id = c.sweep_id
JOIN sweep_trial st ON st.sweep_id = c.sweep_id AND st.trial_id = c.trial_id
LEFT JOIN sweep_trial so ON so.sweep_id = c.sweep_id AND so.trial_id = c.other_trial_id;
