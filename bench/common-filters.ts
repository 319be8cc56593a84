/**
 * The question that a view is most often asked, on the size of answer that a person or a figure
 * wants.
 */
export interface CommonFilter {
  readonly view: string;
  /**
   * Reads `:sweep`, `:trial` (a quantized one of it) and `:dynamic` (one whose alphas are
   * searched).
   */
  readonly sql: string;
}

/**
 * One filter for every view and table function of docs/SCHEMA.md: by sweep, and by trial where that
 * page says so.
 */
export const commonFilters: readonly CommonFilter[] = [
  ...bySweep('v_sweep', 'v_trial', 'v_accuracy_by_alpha', 'v_accuracy', 'v_amax_convergence', 'v_alpha_curve'),
  ...bySweep('v_calibrated_amax', 'v_stopped', 'v_sensitivity', 'v_pareto', 'v_proxy_fidelity', 'v_calibration_noise'),
  ...bySweep('v_alike', 'v_pair', 'v_place', 'v_static_against_dynamic', 'v_comparison', 'v_execution', 'v_layer'),
  ...bySweep('v_stage', 'v_warning', 'v_unsigned_input', 'v_numerics_class'),
  ...bySweep('v_deployment'),
  ...bySweep('v_note', 'v_graph_node', 'v_graph_edge', 'v_axis_effect', 'v_axis_interaction'),
  { view: 'v_agent', sql: 'SELECT * FROM v_agent' },
  { view: 'v_worker_log', sql: 'SELECT * FROM v_worker_log' },
  ...byTrial('v_layer_loss', 'v_amax', 'v_channel', 'v_smoothing', 'v_bias_correction', 'v_layer_rank'),
  ...byTrial('v_latency', 'v_operator_time'),
  ...byTrial('v_setting', 'v_keep_try', 'v_frontier'),
  ...byTrial('v_layer_damage', 'v_predicted_loss', 'v_tensor_quantizer', 'v_quantizer', 'v_deployed_operator'),
  { view: 'v_search_curve', sql: 'SELECT * FROM v_search_curve WHERE sweep = :sweep AND trial = :dynamic' },
  { view: 'v_attempt', sql: 'SELECT * FROM v_attempt WHERE trial = :trial' },
];

function bySweep(...views: readonly string[]): CommonFilter[] {
  return views.map((view) => ({ view, sql: `SELECT * FROM ${view} WHERE sweep = :sweep` }));
}

function byTrial(...views: readonly string[]): CommonFilter[] {
  return views.map((view) => ({ view, sql: `SELECT * FROM ${view} WHERE sweep = :sweep AND trial = :trial` }));
}
