-- Views are no part of migrations any more: src/store/schema/views/ holds them, one file each, and opening the database for
-- writing makes them anew where they are others. Migrations change tables alone.

-- The views that the program made; views of others are left alone.
CREATE TABLE view_definition (
  name   TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL                                 -- of the view's file, with \n line ends
) STRICT, WITHOUT ROWID;

-- Those of schema 11.
DROP VIEW v_accuracy;
DROP VIEW v_accuracy_by_alpha;
DROP VIEW v_alike;
DROP VIEW v_alpha_curve;
DROP VIEW v_amax;
DROP VIEW v_amax_convergence;
DROP VIEW v_attempt;
DROP VIEW v_bias_correction;
DROP VIEW v_calibrated_amax;
DROP VIEW v_calibration_noise;
DROP VIEW v_channel;
DROP VIEW v_comparison;
DROP VIEW v_execution;
DROP VIEW v_layer;
DROP VIEW v_layer_loss;
DROP VIEW v_layer_rank;
DROP VIEW v_pair;
DROP VIEW v_pareto;
DROP VIEW v_place;
DROP VIEW v_proxy_fidelity;
DROP VIEW v_search_curve;
DROP VIEW v_sensitivity;
DROP VIEW v_setting;
DROP VIEW v_smoothing;
DROP VIEW v_stage;
DROP VIEW v_static_against_dynamic;
DROP VIEW v_stopped;
DROP VIEW v_sweep;
DROP VIEW v_trial;
DROP VIEW v_unsigned_input;
DROP VIEW v_warning;
