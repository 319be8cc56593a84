-- A row is one agent of the sweep that ran last, as it last told of itself.
CREATE VIEW v_agent AS
SELECT id AS agent, host, label, provider, numerics_class, gpu, slots, state, reason, jobs, last_error, seen_at
FROM agent;
