-- Models and tasks as people bring them: what layers cost, values of single samples, layers kept in float for a loss.

-- Multiplications and additions of a layer for one sample; NULL: not known, as nothing was run or the shape varies.
ALTER TABLE layer ADD COLUMN macs INTEGER;
-- Numbers in its weight and bias.
ALTER TABLE layer ADD COLUMN parameters INTEGER;

-- Type of the weights as the file stores them, where they are computed in float32 although they are of another; NULL: float32.
ALTER TABLE model ADD COLUMN stored_type TEXT;

CREATE TABLE stage_new (
  id             INTEGER PRIMARY KEY,
  key            TEXT NOT NULL UNIQUE,
  kind           TEXT NOT NULL CHECK (kind IN ('observe', 'reference', 'search', 'rank', 'keep')),
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

-- The stage that chose how many layers stay in float.
ALTER TABLE trial ADD COLUMN keep_stage_id INTEGER REFERENCES stage (id);

-- A new kind of outcome, values: one float64 a sample, little endian.
CREATE TABLE outcome (
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  metric   TEXT NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('bitset', 'bootstrap', 'values')),
  count    INTEGER NOT NULL,
  data     BLOB NOT NULL,
  PRIMARY KEY (trial_id, metric, kind)
) STRICT;
INSERT INTO outcome SELECT trial_id, metric, kind, count, data FROM sample_outcome ORDER BY rowid;
DROP TABLE sample_outcome;
ALTER TABLE outcome RENAME TO sample_outcome;

-- Sets of layers that were tried in float for layers.keepFloat: auto, by evaluation.
CREATE TABLE keep_try (
  stage_id  INTEGER NOT NULL REFERENCES stage (id),
  position  INTEGER NOT NULL,                          -- order of the tries, from 0
  keep      INTEGER NOT NULL,                          -- layers in float
  layers    TEXT NOT NULL,                             -- JSON array of their names, the most sensitive first
  metric    TEXT NOT NULL,
  value     REAL NOT NULL,                             -- of the primary metric
  loss      REAL NOT NULL,                             -- FP32's value minus this one
  chosen    INTEGER NOT NULL CHECK (chosen IN (0, 1)),
  PRIMARY KEY (stage_id, position)
) STRICT;

-- Unfinished FP32 passes keep parts whose metrics are in an older form: those passes begin anew.
DELETE FROM stage_part WHERE stage_id IN (SELECT id FROM stage WHERE kind = 'reference');
