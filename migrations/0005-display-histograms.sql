-- Histograms of a layer's input to look at, one per channel: of the first few calibration samples of a stage that gathers no
-- full histograms. Stages that were finished before have none.
CREATE TABLE display_histogram (
  stage_id INTEGER NOT NULL REFERENCES stage(id),
  layer_id INTEGER NOT NULL REFERENCES layer(id),
  samples  INTEGER NOT NULL,                           -- the first so many of the calibration data
  channels INTEGER NOT NULL,
  total    INTEGER NOT NULL,                           -- numbers counted
  bins     BLOB NOT NULL,                              -- as of histogram
  PRIMARY KEY (stage_id, layer_id)
) STRICT;
