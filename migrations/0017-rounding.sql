-- Rounding by second moments of the inputs of layers.

-- A new kind of stage, moments.
CREATE TABLE stage_new (
  id             INTEGER PRIMARY KEY,
  key            TEXT NOT NULL UNIQUE,
  kind           TEXT NOT NULL CHECK (kind IN ('observe', 'moments', 'reference', 'search', 'rank', 'keep')),
  status         TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
  model_id       INTEGER REFERENCES model (id),
  settings       TEXT NOT NULL,                        -- JSON
  finished_at    TEXT,
  duration_ms    REAL,                                 -- work done, added up over its parts
  error_class    TEXT,
  error          TEXT,
  result         BLOB,                                 -- what later work needs of it, in the program's own form
  failed_under   TEXT,
  numerics_class TEXT
) STRICT;
INSERT INTO stage_new SELECT id, key, kind, status, model_id, settings, finished_at, duration_ms, error_class, error, result,
  failed_under, numerics_class FROM stage;
DROP TABLE stage;
ALTER TABLE stage_new RENAME TO stage;

-- The stage whose second moments its weights, or its search, went by; NULL: none.
ALTER TABLE trial ADD COLUMN moments_stage_id INTEGER REFERENCES stage (id);

-- Second moments of the unfolded input of a layer over the first so many calibration samples.
CREATE TABLE moments (
  stage_id        INTEGER NOT NULL REFERENCES stage (id),
  samples         INTEGER NOT NULL,
  layer_id        INTEGER NOT NULL REFERENCES layer (id),
  groups          INTEGER NOT NULL,
  columns         INTEGER NOT NULL,                    -- numbers that one output reads
  block_columns   INTEGER NOT NULL,                    -- products across blocks of so many are not kept
  products        BLOB NOT NULL,                       -- float64 lower triangles, block after block; the program's own form
  means           BLOB NOT NULL,                       -- float64 [groups * columns]; the program's own form
  non_zero_shares TEXT NOT NULL,                       -- JSON [input_channels]
  PRIMARY KEY (stage_id, samples, layer_id)
) STRICT;

-- Integers of a layer's weight, where its ranges alone do not tell them.
CREATE TABLE rounded_weight (
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  layer_id INTEGER NOT NULL REFERENCES layer (id),
  levels   BLOB NOT NULL,                              -- of the weight's shape, in an internal format
  PRIMARY KEY (trial_id, layer_id)
) STRICT;
