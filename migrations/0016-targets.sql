-- What is deployed: quantizers of any tensor, how far deployment is from simulation, and speed.

-- What the recommendation is to be by: JSON {"maxDrop", "minimize"}; NULL without.
ALTER TABLE sweep ADD COLUMN goal TEXT;

-- Quantizers of tensors that a target places; input and weight of layers stay in table quantizer.
CREATE TABLE tensor_quantizer (
  trial_id   INTEGER NOT NULL REFERENCES trial (id),
  position   INTEGER NOT NULL,                         -- in graph order
  tensor     TEXT NOT NULL,
  op         TEXT,                                     -- operator that makes it; NULL of an input of the model
  "group"    INTEGER NOT NULL,                         -- quantizers of one group have one scale and zero point
  bits       INTEGER NOT NULL,
  signed     INTEGER NOT NULL CHECK (signed IN (0, 1)),
  amax       REAL NOT NULL,
  low        REAL NOT NULL,
  scale      REAL NOT NULL,
  zero_point INTEGER NOT NULL,
  is_fixed   INTEGER NOT NULL CHECK (is_fixed IN (0, 1)), -- the target fixes the range
  divisor    TEXT,                                     -- JSON [channels], s * scale; NULL: the scale
  PRIMARY KEY (trial_id, position)
) STRICT;

-- The deployed model, run by the runtime of its target, against its simulation.
CREATE TABLE deployment_gap (
  trial_id          INTEGER PRIMARY KEY REFERENCES trial (id),
  options           TEXT NOT NULL,                     -- of the session
  onnxruntime_version TEXT NOT NULL,
  samples           INTEGER NOT NULL,                  -- whose outputs were compared value by value
  output_values     INTEGER NOT NULL,
  differing         INTEGER NOT NULL,                  -- values that are not the same bit for bit
  max_difference    REAL NOT NULL,                     -- relative to the absmax of its output
  metric            TEXT,                              -- the primary one; NULL: not measured
  value             REAL,                              -- of the deployed model
  samples_differing INTEGER                            -- right in one and wrong in the other; NULL: no such outcome
) STRICT;

-- What the runtime makes of each operator of a deployed model.
CREATE TABLE deployed_operator (
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  position INTEGER NOT NULL,
  node     TEXT NOT NULL,
  op       TEXT NOT NULL,
  runs     TEXT NOT NULL CHECK (runs IN ('integer', 'float')),
  kernel   TEXT NOT NULL,
  PRIMARY KEY (trial_id, position)
) STRICT;

-- One comparison of speed: the exported model of a trial against FP32, in turn, on one machine.
CREATE TABLE latency (
  id            INTEGER PRIMARY KEY,
  trial_id      INTEGER NOT NULL REFERENCES trial (id),
  fp32_trial_id INTEGER REFERENCES trial (id),
  device        TEXT NOT NULL,                         -- provider here, or the name of the command that measured
  batch_size    INTEGER NOT NULL,
  threads       INTEGER NOT NULL,                      -- of one operator; 0: not known
  rounds        INTEGER NOT NULL,
  fp32_ms       REAL NOT NULL,                         -- median of a run
  quantized_ms  REAL NOT NULL,
  ratio         REAL NOT NULL,                         -- median of the ratios of each round, quantized / FP32
  ratio_low     REAL NOT NULL,                         -- 95 % interval of that median
  ratio_high    REAL NOT NULL,
  spread        REAL NOT NULL,                         -- interquartile range of the ratios
  fp32_cpu_ms   REAL,                                  -- median CPU time of a run, of all threads; NULL: not known
  quantized_cpu_ms REAL,
  cpu_ratio     REAL,                                  -- as ratio, of CPU time
  cpu_ratio_low REAL,
  cpu_ratio_high REAL,
  verdict       TEXT NOT NULL CHECK (verdict IN ('faster', 'slower', 'same')),
  host          TEXT NOT NULL,
  cpu_model     TEXT NOT NULL,
  cpu_flags     TEXT NOT NULL,
  onnxruntime_version TEXT NOT NULL,
  quantsweep_version  TEXT NOT NULL,
  measured_at   TEXT NOT NULL
) STRICT;
CREATE INDEX latency_trial ON latency (trial_id);

-- Where the time of one measured run goes, by the runtime's own profile.
CREATE TABLE operator_time (
  latency_id INTEGER NOT NULL REFERENCES latency (id),
  model      TEXT NOT NULL CHECK (model IN ('fp32', 'quantized')),
  position   INTEGER NOT NULL,
  node       TEXT NOT NULL,                            -- name in the runtime's graph
  op         TEXT NOT NULL,                            -- kernel
  kind       TEXT NOT NULL CHECK (kind IN ('integer', 'float', 'conversion')),
  duration_us REAL NOT NULL,                           -- median over the profiled runs
  PRIMARY KEY (latency_id, model, position)
) STRICT;

-- Of sets of layers in float that were tried by speed (layers.keepFloat: slower): time of a run
-- against that with every layer quantized, median of the ratios of each round with its 95 %
-- interval. NULL of sets tried by evaluation, and of no layer in float.
ALTER TABLE keep_try ADD COLUMN against_all REAL;
ALTER TABLE keep_try ADD COLUMN against_all_low REAL;
ALTER TABLE keep_try ADD COLUMN against_all_high REAL;
