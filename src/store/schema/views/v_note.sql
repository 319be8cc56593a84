-- A row is one note or tag: of a sweep, or of one of its trials. A trial of several sweeps has its rows in each.
CREATE VIEW v_note AS
SELECT n.id AS note, sw.name AS sweep, n.trial_id AS trial, st.label, n.kind, n.text, n.written_at
FROM note n
JOIN sweep_trial st ON st.trial_id = n.trial_id
JOIN sweep sw ON sw.id = st.sweep_id
UNION ALL
SELECT n.id, sw.name, NULL, NULL, n.kind, n.text, n.written_at
FROM note n
JOIN sweep sw ON sw.id = n.sweep_id;
