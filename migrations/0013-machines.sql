-- An attempt may run on another machine than the sweep's own, and machines of different kinds round differently.

-- Class of the numbers that a machine computes, e.g. cpu-3f9a2c1b6d04: equal work has equal bits on machines of one class.
-- NULL: not known, as in all that an earlier version finished.
ALTER TABLE attempt ADD COLUMN numerics_class TEXT;
ALTER TABLE stage ADD COLUMN numerics_class TEXT;      -- of its finished parts; several are sorted and joined by +
ALTER TABLE trial ADD COLUMN numerics_class TEXT;      -- of the attempt that finished it; of fp32, its reference stage's

ALTER TABLE attempt ADD COLUMN agent TEXT;             -- id of the agent that ran it; NULL: the machine of the sweep itself

-- The agents of the sweep that runs, as they last told of themselves; of no matter to results.
CREATE TABLE agent (
  id             TEXT PRIMARY KEY,
  host           TEXT NOT NULL,
  label          TEXT,                                 -- what its owner wrote on it
  provider       TEXT NOT NULL,
  numerics_class TEXT NOT NULL,
  gpu            TEXT,
  slots          INTEGER NOT NULL,                     -- pieces of work that it runs at once
  state          TEXT NOT NULL CHECK (state IN ('ready', 'unfit', 'stopping', 'lost')),
  reason         TEXT,                                 -- why it gets no work
  jobs           TEXT NOT NULL,                        -- JSON array: records/agent-record.ts AgentJobRecord
  last_error     TEXT,
  seen_at        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
