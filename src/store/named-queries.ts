import type { Bindable } from './connection.js';

/** A question that is asked often, as SQL over the documented views. */
export interface NamedQuery {
  readonly name: string;
  /** One line: what the rows tell, and in which direction good is. */
  readonly about: string;
  /** Parameters beside `:sweep`, which is the sweep that was started last unless given. */
  readonly parameters: readonly QueryParameter[];
  readonly sql: string;
}

export interface QueryParameter {
  readonly name: string;
  readonly about: string;
  /** What a given value is read as: text stays text, also where it looks like a number. */
  readonly type: 'text' | 'number';
  /** null: SQL NULL, which each query reads as "no restriction" or as what `about` says. */
  readonly default: Bindable;
}

/** The candidate with the highest value of the primary metric, the first of equals; unsmoothed where no candidate is done. */
const bestTrial = `(SELECT trial FROM v_trial WHERE sweep = :sweep AND status = 'done' AND role IN ('candidate', 'unsmoothed') ORDER BY role = 'unsmoothed', value DESC, position LIMIT 1)`;

/**
 * Settings without what the comparisons have as columns (alpha, its search, absmax, calibration size, and the numbers of
 * samples that a small calibration size caps): equal texts are equal settings.
 */
const restOfSettings = `json_remove(settings, '$.role', '$.evaluation.stop', '$.smoothing.mode', '$.smoothing.alpha', '$.smoothing.absmax', '$.search',
  '$.calibration.batches', '$.quantization.biasCorrection.samples')`;

/** The finished quantized trials, and the columns in which two that are set against each other are equal. */
const doneTrials = `SELECT *, ${restOfSettings} AS rest FROM v_trial WHERE sweep = :sweep AND status = 'done' AND role IN ('candidate', 'unsmoothed')`;
const fixedColumns = 'model, activation_bits, weight_bits, weight_granularity';
const fixedOf = (alias: string): string =>
  fixedColumns
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
/** `fp32_value` keeps evaluation sets apart; NULL where FP32 has not finished. */
const alike = (a: string, b: string): string =>
  [...fixedColumns.split(', '), 'fp32_value', 'rest'].map((column) => `${b}.${column} IS ${a}.${column}`).join(' AND ');

const trial: QueryParameter = {
  name: 'trial',
  about: 'number of a trial; default: the best',
  type: 'number',
  default: null,
};
const limit: QueryParameter = { name: 'limit', about: 'rows at most', type: 'number', default: 20 };
const mode: QueryParameter = {
  name: 'mode',
  about: 'accumulated (whole network quantized) or isolated',
  type: 'text',
  default: 'accumulated',
};

/** All named queries, in the order in which they are listed. */
export const namedQueries: readonly NamedQuery[] = [
  {
    name: 'sweeps',
    about: 'Sweeps in this database and how far they are',
    parameters: [],
    sql: `SELECT sweep, trials, done, stopped, failed, pending, updated_at, question FROM v_sweep ORDER BY last_run DESC`,
  },
  {
    name: 'best',
    about:
      'Best settings by the primary metric (higher is better; role unsmoothed: a baseline), gap to FP32, whether it is noise',
    parameters: [limit],
    sql: `SELECT t.trial, t.label, t.role, t.metric, t.value, t.ci_low, t.ci_high, t.gap_to_fp32, t.gain_over_unsmoothed,
       c.p_value AS p_against_fp32,
       CASE c.significant WHEN 1 THEN 'differs from FP32' WHEN 0 THEN 'inside the noise' END AS verdict
FROM v_trial t
LEFT JOIN v_comparison c ON c.sweep = t.sweep AND c.trial = t.trial AND c.against = 'fp32'
WHERE t.sweep = :sweep AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
ORDER BY t.value DESC, t.position LIMIT :limit`,
  },
  {
    name: 'trials',
    about: 'Every trial of the sweep with its status and value',
    parameters: [],
    sql: `SELECT trial, status, label, value, gap_to_fp32, mean_l1, duration_ms / 1000.0 AS seconds, error
FROM v_trial WHERE sweep = :sweep ORDER BY position`,
  },
  {
    name: 'sensitivity',
    about: 'Each layer: the drop of quantizing it alone, the gain of leaving it alone in float; the worst first',
    parameters: [],
    sql: `SELECT layer, op, rank, drop_only, gain_all_but, only_divergence, only_value, all_but_value, whole_value, fp32_value, setting, whole_label
FROM v_sensitivity WHERE sweep = :sweep ORDER BY setting, rank, gain_all_but DESC`,
  },
  {
    name: 'pareto',
    about: 'Layers kept in float against accuracy: the settings that no other beats with as few float layers',
    parameters: [],
    sql: `SELECT float_layers, layers, float_weight_share, value, ci_low, ci_high, trial, label
FROM v_pareto WHERE sweep = :sweep AND on_front ORDER BY activation_bits, weight_bits, float_layers, value DESC`,
  },
  {
    name: 'proxy-fidelity',
    about: 'Which loss orders the trials as accuracy does: Spearman correlation with its 95 % interval; 1 is best',
    parameters: [],
    sql: `SELECT mode, loss, trials, rho, ci_low, ci_high FROM v_proxy_fidelity WHERE sweep = :sweep ORDER BY evaluation, rho IS NULL, rho DESC`,
  },
  {
    name: 'calibration-noise',
    about: 'Spread of input ranges, chosen alphas and values over random calibration subsets (sampleSeed)',
    parameters: [],
    sql: `SELECT first_label, layer, seeds, amax_mean, amax_relative_sd, amax_min, amax_max, alpha_min, alpha_max, value_min, value_max
FROM v_calibration_noise WHERE sweep = :sweep ORDER BY first_trial, amax_relative_sd DESC`,
  },
  {
    name: 'accuracy-by-alpha',
    about: 'Accuracy over alpha by calibration size, with 95 % interval, FP32 and unsmoothed beside it',
    parameters: [],
    sql: `SELECT absmax, calibration_batches, alpha_mode, alpha, value, ci_low, ci_high, fp32_value, unsmoothed_value, mean_l1
FROM v_accuracy_by_alpha WHERE sweep = :sweep
ORDER BY absmax, calibration_batches, alpha_mode, alpha`,
  },
  {
    name: 'static-against-dynamic',
    about: 'Best static alpha against dynamic alpha by calibration size (difference above 0: static is better)',
    parameters: [],
    sql: `WITH ranked AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY alpha_mode, absmax, calibration_batches, ${fixedColumns}, fp32_value, rest
                               ORDER BY value DESC, alpha) AS rank
  FROM (${doneTrials}))
SELECT ${fixedOf('s')}, s.absmax, s.calibration_batches, s.alpha AS best_static_alpha,
       s.value AS static_value, d.value AS dynamic_value, s.value - d.value AS difference, s.fp32_value,
       s.label AS static_label, d.label AS dynamic_label
FROM ranked s
JOIN ranked d ON d.absmax = s.absmax AND d.calibration_batches = s.calibration_batches AND d.alpha_mode = 'dynamic' AND d.rank = 1
  AND ${alike('s', 'd')}
WHERE s.alpha_mode = 'static' AND s.rank = 1
ORDER BY ${fixedOf('s')}, s.absmax, s.calibration_batches`,
  },
  {
    name: 'calibration-size',
    about:
      'The smallest against the largest calibration size at equal settings (difference above 0: more data is better)',
    parameters: [],
    sql: `WITH done AS MATERIALIZED (${doneTrials}),
sizes AS (SELECT min(calibration_batches) AS small, max(calibration_batches) AS large FROM done)
SELECT ${fixedOf('a')}, a.absmax, a.alpha_mode, a.alpha, sizes.small AS small_batches, sizes.large AS large_batches,
       a.value AS small_value, b.value AS large_value, b.value - a.value AS difference, a.label AS small_label
FROM sizes
JOIN done a ON a.calibration_batches = sizes.small
JOIN done b ON b.calibration_batches = sizes.large AND b.alpha_mode = a.alpha_mode
  AND b.search_order IS a.search_order AND b.search_objective IS a.search_objective
  AND (b.alpha IS a.alpha OR a.alpha_mode = 'auto') AND b.absmax IS a.absmax AND ${alike('a', 'b')}
WHERE sizes.small < sizes.large
ORDER BY ${fixedOf('a')}, a.absmax, a.alpha_mode, a.alpha`,
  },
  {
    name: 'absmax-method',
    about: 'absmax "channel" against "view" at equal settings (difference above 0: channel is better)',
    parameters: [],
    sql: `WITH done AS MATERIALIZED (${doneTrials})
SELECT ${fixedOf('c')}, c.calibration_batches, c.alpha_mode, c.alpha, c.value AS channel_value, v.value AS view_value,
       c.value - v.value AS difference, c.mean_l1 AS channel_mean_l1, v.mean_l1 AS view_mean_l1, c.label AS channel_label
FROM done c
JOIN done v ON v.absmax = 'view' AND v.alpha_mode = c.alpha_mode AND (v.alpha IS c.alpha OR c.alpha_mode = 'auto')
  AND v.search_order IS c.search_order AND v.search_objective IS c.search_objective
  AND v.calibration_batches = c.calibration_batches AND ${alike('c', 'v')}
WHERE c.absmax = 'channel'
ORDER BY ${fixedOf('c')}, c.calibration_batches, c.alpha_mode, c.alpha`,
  },
  {
    name: 'noise',
    about: 'Each trial against FP32, unsmoothed and the best: difference, p, and whether it is inside the noise',
    parameters: [],
    sql: `SELECT label, against, other_label, metric, difference, method, p_value,
       CASE significant WHEN 1 THEN 'differs' ELSE 'inside the noise' END AS verdict, only_trial, only_other, ci_low, ci_high
FROM v_comparison WHERE sweep = :sweep ORDER BY against, difference DESC`,
  },
  {
    name: 'execution',
    about: 'Integer execution against simulated at equal settings (difference below 0: integer is worse), and what ran',
    parameters: [],
    sql: `SELECT trial, label, simulated, integer, difference, p_value,
       CASE significant WHEN 1 THEN 'differs' WHEN 0 THEN 'inside the noise' END AS verdict,
       only_simulated, only_integer, integer_kernels, cpu_flags LIKE '%vnni%' AS vnni
FROM v_execution WHERE sweep = :sweep ORDER BY difference, trial`,
  },
  {
    name: 'worst-layers',
    about: 'Layers of one trial by relative L1 loss, worst first (lower is better)',
    parameters: [trial, mode, limit],
    sql: `SELECT position, layer, op, layer_alpha, l1, rel_l1, sqnr_db, cosine, max_abs
FROM v_layer_loss WHERE sweep = :sweep AND trial = coalesce(:trial, ${bestTrial}) AND mode = :mode
ORDER BY rel_l1 DESC NULLS LAST, position LIMIT :limit`,
  },
  {
    name: 'best-alpha-by-layer',
    about: 'For each layer the static trial with the smallest L1 loss (lower is better)',
    parameters: [mode],
    sql: `SELECT model, position, layer, calibration_batches, absmax, activation_bits, weight_bits, weight_granularity,
       layer_alpha AS best_alpha, l1, label
FROM (
  SELECT l.*, t.model, t.activation_bits, t.weight_bits, t.weight_granularity,
         row_number() OVER (PARTITION BY t.model, l.position, l.calibration_batches, l.absmax, t.activation_bits,
                            t.weight_bits, t.weight_granularity, ${restOfSettings.replace('settings', 't.settings')}
                            ORDER BY l.l1, l.layer_alpha) AS rank
  FROM v_layer_loss l
  JOIN v_trial t ON t.sweep = l.sweep AND t.trial = l.trial
  WHERE l.sweep = :sweep AND l.alpha_mode = 'static' AND l.mode = :mode)
WHERE rank = 1
ORDER BY model, calibration_batches, absmax, activation_bits, weight_bits, weight_granularity, trial, position`,
  },
  {
    name: 'chosen-alphas',
    about: 'Alpha that the dynamic trials chose, by layer and calibration size',
    parameters: [],
    sql: `SELECT label, calibration_batches, position, layer, alpha, loss, rel_l1
FROM (SELECT *, max(descent_sweep) OVER (PARTITION BY trial) AS last_sweep FROM v_search_curve WHERE sweep = :sweep)
WHERE chosen = 1 AND descent_sweep = last_sweep ORDER BY trial, position`,
  },
  {
    name: 'search-curve',
    about: 'Loss over alpha that the dynamic search saw (lower is better); of a descent one curve a sweep',
    parameters: [{ name: 'layer', about: 'name of a layer; default: all', type: 'text', default: null }],
    sql: `SELECT label, position, layer, descent_sweep, alpha, loss, rel_l1, chosen
FROM v_search_curve WHERE sweep = :sweep AND (:layer IS NULL OR layer = :layer)
ORDER BY trial, position, descent_sweep, alpha`,
  },
  {
    name: 'amax',
    about: 'amax of both quantizers of each layer before and after smoothing (ratio below 1: the range shrank)',
    parameters: [trial],
    sql: `SELECT position, layer, role, layer_alpha, amax_unsmoothed, amax, ratio, scale, bits
FROM v_amax WHERE sweep = :sweep AND trial = coalesce(:trial, ${bestTrial}) ORDER BY position, role`,
  },
  {
    name: 'amax-convergence',
    about: 'Input amax over the number of calibration batches, as a share of the largest (near 1: enough data)',
    parameters: [],
    sql: `SELECT batches, samples, count(*) AS layers, avg(share_of_largest) AS mean_share, min(share_of_largest) AS worst_share
FROM v_amax_convergence WHERE sweep = :sweep GROUP BY batches, samples ORDER BY batches`,
  },
  {
    name: 'outlier-channels',
    about: 'Input channels whose absmax stands out most from the mean of their layer, before and after smoothing',
    parameters: [trial, limit],
    sql: `SELECT position, layer, channel, act_absmax, act_absmax / nullif(avg(act_absmax) OVER (PARTITION BY position), 0) AS times_mean,
       weight_absmax, s, act_absmax_smoothed, weight_absmax_smoothed
FROM v_channel WHERE sweep = :sweep AND trial = coalesce(:trial, ${bestTrial})
ORDER BY times_mean DESC NULLS LAST, position, channel LIMIT :limit`,
  },
  {
    name: 'failed',
    about: 'Attempts at the trials and stages of the sweep that failed, latest first, with their error',
    parameters: [limit],
    sql: `SELECT attempt, work, coalesce(t.label, a.stage_kind || ' ' || a.part) AS what, number, device, ended_at, a.error_class, a.error
FROM v_attempt a
LEFT JOIN v_trial t ON t.trial = a.trial AND t.sweep = :sweep
WHERE a.status = 'failed' AND (t.trial IS NOT NULL OR a.stage IN (SELECT stage FROM v_stage WHERE sweep = :sweep))
ORDER BY attempt DESC LIMIT :limit`,
  },
  {
    name: 'cost',
    about: 'Time by kind of work: attempts, seconds in all and for one, and the share that was lost',
    parameters: [],
    sql: `SELECT coalesce(stage_kind, work) AS work, count(*) AS attempts, sum(duration_ms) / 1000 AS seconds,
       avg(duration_ms) FILTER (WHERE status = 'done') / 1000 AS mean_seconds,
       count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'interrupted') AS interrupted,
       coalesce(sum(duration_ms) FILTER (WHERE status <> 'done'), 0) / nullif(sum(duration_ms), 0) AS lost_share
FROM v_attempt
WHERE trial IN (SELECT trial FROM v_trial WHERE sweep = :sweep) OR stage IN (SELECT stage FROM v_stage WHERE sweep = :sweep)
GROUP BY 1 ORDER BY seconds DESC`,
  },
  {
    name: 'environments',
    about: 'Where the attempts ran: versions, processor, device and the provider that the runtime reported',
    parameters: [],
    sql: `SELECT host, device, provider, count(*) AS attempts, quantsweep_version, onnxruntime_version, cpu_model, cpu_flags, gpu
FROM v_attempt GROUP BY host, device, provider, quantsweep_version, onnxruntime_version, cpu_model, cpu_flags, gpu ORDER BY attempts DESC`,
  },
];

/** The query of that name, or undefined. */
export function findNamedQuery(name: string): NamedQuery | undefined {
  return namedQueries.find((query) => query.name === name);
}
