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

-- The squared error of a layer's output that second moments predict for its quantization alone.
CREATE TABLE predicted_loss (
  trial_id      INTEGER NOT NULL REFERENCES trial (id),
  layer_id      INTEGER NOT NULL REFERENCES layer (id),
  weight_mse    REAL NOT NULL,
  input_mse     REAL NOT NULL,
  input_noise   TEXT NOT NULL CHECK (input_noise IN ('uniform', 'histogram')),
  power         REAL NOT NULL,                         -- mean square of the FP32 output without its bias
  samples       INTEGER NOT NULL,                      -- of the moments
  product_share REAL NOT NULL,                         -- of the products of inputs, which the moments hold
  PRIMARY KEY (trial_id, layer_id)
) STRICT, WITHOUT ROWID;

-- Integers of a layer's weight, where its ranges alone do not tell them.
CREATE TABLE rounded_weight (
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  layer_id INTEGER NOT NULL REFERENCES layer (id),
  levels   BLOB NOT NULL,                              -- of the weight's shape, in an internal format
  PRIMARY KEY (trial_id, layer_id)
) STRICT;

-- Bits of layers that a goal with bits evaluated, and the curve that their damages predict.
CREATE TABLE frontier_point (
  stage_id   INTEGER NOT NULL REFERENCES stage (id),
  kind       TEXT NOT NULL CHECK (kind IN ('tried', 'curve')),
  position   INTEGER NOT NULL,                         -- order of evaluation, or by ascending cost; from 0
  minimize   TEXT NOT NULL CHECK (minimize IN ('size', 'bitOperations')),
  cost       REAL NOT NULL,                            -- bytes, or bit operations of a sample
  predicted  REAL NOT NULL,                            -- divergence of the output
  metric     TEXT NOT NULL,
  allowed    REAL NOT NULL,                            -- drop, in the metric's unit
  value      REAL,                                     -- NULL of the curve, as what follows; of tries that were stopped too
  "drop"     REAL,                                     -- FP32's value - value
  drop_low   REAL,                                     -- 95 % interval, paired by sample
  drop_high  REAL,
  divergence REAL,                                     -- measured
  chosen     INTEGER NOT NULL,
  bracketed  INTEGER NOT NULL,                         -- next cheaper assignments are known to break the bound
  mean_bits  REAL NOT NULL,                            -- over layers, float as 32
  bits       TEXT NOT NULL,                            -- JSON object: layer -> bits, null: float
  seen       INTEGER,                                  -- evaluation samples that were run; NULL of the curve
  stopped    TEXT CHECK (stopped IN ('test', 'certain')), -- the bound is broken; NULL: all samples were run
  confidence REAL,                                     -- of the tests of all tries together; NULL: none was
  PRIMARY KEY (stage_id, kind, position)
) STRICT;
