-- A row is one complete quantized trial that can be chosen, or its unsmoothed baseline: the chart
-- of accuracy over alpha.
CREATE VIEW v_accuracy_by_alpha AS
SELECT sweep, trial, label, role, alpha_mode, alpha, absmax, calibration_batches, calibration_samples,
       activation_bits, weight_bits, weight_granularity, metric, value, ci_low, ci_high,
       fp32_value, unsmoothed_value, gap_to_fp32, gain_over_unsmoothed, mean_l1,
       smoothing_apply, search_order, search_objective, calibration_seed, activation_calibrator, percentile, activation_scheme,
       weight_calibrator, weight_scheme, bias_correction, execution, sensitivity, focus_layer, keep_float, output_divergence,
       weight_rounding, rounding_inputs
FROM v_trial
WHERE status = 'done' AND role IN ('candidate', 'unsmoothed');
