-- What a reader explores results with: the model's graph, notes, and what the workers said.

-- Nodes of a model's graph as it is quantized, with BatchNormalization folded.
CREATE TABLE graph_node (
  model_id  INTEGER NOT NULL REFERENCES model (id),
  position  INTEGER NOT NULL,                          -- topological order, from 0
  name      TEXT NOT NULL,                             -- unique in its model
  op        TEXT NOT NULL,                             -- operator type; Input, Output: ends of the graph
  layer_id  INTEGER REFERENCES layer (id),             -- the layer that it is; NULL: none with weights
  shape     TEXT,                                      -- JSON array, of its first output; NULL: not known
  PRIMARY KEY (model_id, position)
) STRICT, WITHOUT ROWID;

-- Tensors between them. Weights and other constants are no edges.
CREATE TABLE graph_edge (
  model_id   INTEGER NOT NULL REFERENCES model (id),
  from_node  INTEGER NOT NULL,                         -- position of graph_node
  to_node    INTEGER NOT NULL,
  tensor     TEXT NOT NULL,
  PRIMARY KEY (model_id, from_node, to_node, tensor)
) STRICT, WITHOUT ROWID;

-- What people write on a trial, whatever sweeps it is in, or on a sweep.
CREATE TABLE note (
  id         INTEGER PRIMARY KEY,
  trial_id   INTEGER REFERENCES trial (id),
  sweep_id   INTEGER REFERENCES sweep (id),
  kind       TEXT NOT NULL CHECK (kind IN ('note', 'tag')),
  text       TEXT NOT NULL,
  written_at TEXT NOT NULL,
  CHECK ((trial_id IS NULL) <> (sweep_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX note_once ON note (coalesce(trial_id, -1), coalesce(sweep_id, -1), kind, text);

-- The last lines that each worker process of the running sweep wrote; of no matter to results.
CREATE TABLE worker_log (
  place      TEXT PRIMARY KEY,                         -- device and slot, e.g. cpu:0; of an agent with its id before it
  text       TEXT NOT NULL,
  written_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
