-- A row is one worker process of the sweep that ran last, with the last lines that it wrote.
CREATE VIEW v_worker_log AS
SELECT place, text, written_at
FROM worker_log;
