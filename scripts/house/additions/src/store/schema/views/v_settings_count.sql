-- A row is one trial of a sweep: how many of its settings are set.
CREATE VIEW v_settings_count AS
SELECT sweep, trial, count(*) AS settings FROM v_setting WHERE value IS NOT NULL GROUP BY sweep, trial;
