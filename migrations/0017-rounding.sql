-- Weights that are not rounded to the nearest.

-- Integers of a layer's weight, where its ranges alone do not tell them.
CREATE TABLE rounded_weight (
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  layer_id INTEGER NOT NULL REFERENCES layer (id),
  levels   BLOB NOT NULL,                              -- of the weight's shape, in an internal format
  PRIMARY KEY (trial_id, layer_id)
) STRICT;
