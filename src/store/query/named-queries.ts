import { modesWithAlphas } from '../../smooth/modes/registry.js';
import type { Bindable } from '../bindable.js';

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

/** The best setting of the sweep, as v_place has it. */
const bestTrial = '(SELECT trial FROM v_place WHERE sweep = :sweep AND place = 1)';

/** The modes with one alpha for all layers, as SQL. */
const oneAlphaModes = modesWithAlphas('fixed', 'searchedOnce')
  .map((mode) => `'${mode}'`)
  .join(', ');

/** In one word whether two trials differ, with the choice of the best among many allowed for. */
const verdictOf = (alias: string): string =>
  `CASE ${alias}.differs WHEN 1 THEN 'differs' WHEN 0 THEN 'inside the noise' END`;

/** Columns that tell settings apart at a glance; which are equal is v_alike's to say. */
const settingOf = (alias: string): string =>
  ['model', 'activation_bits', 'weight_bits', 'weight_granularity'].map((column) => `${alias}.${column}`).join(', ');

/** Means over layers of two trials, NULL where they are of other layers or other samples. */
const alikeMean = (own: string, alias: string): string =>
  `CASE WHEN ka.loss_scope = kb.loss_scope THEN ${alias}.mean_l1 END AS ${own}`;

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
       c.p_value AS p_against_fp32, c.p_relation, c.chosen_from, c.p_corrected,
       CASE c.differs WHEN 1 THEN 'differs from FP32' WHEN 0 THEN 'inside the noise' END AS verdict
FROM v_trial t
LEFT JOIN (SELECT trial, place FROM v_place WHERE sweep = :sweep) m ON m.trial = t.trial
LEFT JOIN v_comparison c ON c.sweep = t.sweep AND c.trial = t.trial AND c.against = 'fp32'
WHERE t.sweep = :sweep AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')
ORDER BY t.metric IS NOT (SELECT metric FROM v_place WHERE sweep = :sweep AND place = 1), t.value DESC, m.place LIMIT :limit`,
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
    about:
      'Best static alpha (also one that auto chose, by divergence) against the best dynamic at equal settings (difference above 0: static is better)',
    parameters: [],
    sql: `SELECT ${settingOf('s')}, s.absmax, s.calibration_batches, p.static_alpha AS best_static_alpha,
       p.static_value, p.dynamic_value, p.difference, s.fp32_value, p.static_label, p.dynamic_label
FROM v_static_against_dynamic p
JOIN v_trial s ON s.sweep = p.sweep AND s.trial = p.static_trial
WHERE p.sweep = :sweep
ORDER BY ${settingOf('s')}, s.absmax, s.calibration_batches`,
  },
  {
    name: 'calibration-size',
    about:
      'The smallest against the largest calibration size at equal settings (difference above 0: more data is better)',
    parameters: [],
    sql: `SELECT ${settingOf('a')}, a.absmax, a.alpha_mode, a.alpha, p.batches AS small_batches, p.other_batches AS large_batches,
       p.value AS small_value, p.other_value AS large_value, p.difference, p.label AS small_label,
       p.other_label AS large_label, c.p_value, c.p_relation
FROM v_pair p
JOIN v_trial a ON a.sweep = p.sweep AND a.trial = p.trial
LEFT JOIN compare_trials(p.other_trial, p.trial) c
WHERE p.sweep = :sweep AND p.differs_in = 'data.calibration.batches' AND p.extreme
ORDER BY ${settingOf('a')}, a.absmax, a.alpha_mode, a.alpha, p.trial`,
  },
  {
    name: 'absmax-method',
    about: 'absmax "channel" against "view" at equal settings (difference above 0: channel is better)',
    parameters: [],
    sql: `SELECT ${settingOf('c')}, c.calibration_batches, c.alpha_mode, c.alpha, p.value AS channel_value, p.other_value AS view_value,
       -p.difference AS difference, ${alikeMean('channel_mean_l1', 'c')}, ${alikeMean('view_mean_l1', 'v')}, p.label AS channel_label,
       p.other_label AS view_label, t.p_value, t.p_relation
FROM v_pair p
JOIN v_trial c ON c.sweep = p.sweep AND c.trial = p.trial
JOIN v_trial v ON v.sweep = p.sweep AND v.trial = p.other_trial
JOIN v_alike ka ON ka.sweep = p.sweep AND ka.trial = p.trial
JOIN v_alike kb ON kb.sweep = p.sweep AND kb.trial = p.other_trial
LEFT JOIN compare_trials(p.trial, p.other_trial) t
WHERE p.sweep = :sweep AND p.differs_in = 'smoothing.absmax'
ORDER BY ${settingOf('c')}, c.calibration_batches, c.alpha_mode, c.alpha, p.trial`,
  },
  {
    name: 'effects',
    about:
      'What more calibration, and absmax view, change on average over all pairs of equal settings, with a 95 % interval (above 0: it is better)',
    parameters: [],
    sql: `SELECT g.change, e.metric, e.pairs, e.samples, e.effect, e.ci_low, e.ci_high, e.verdict, e.median, e.low, e.high, e.method
FROM (
  SELECT CASE differs_in WHEN 'smoothing.absmax' THEN 'absmax view instead of channel'
           ELSE max(other_batches) || ' calibration batches instead of ' || min(batches) END AS change,
         json_group_array(trial) AS trials, json_group_array(other_trial) AS others
  FROM v_pair WHERE sweep = :sweep AND extreme AND role = 'candidate' GROUP BY differs_in) g, paired_effect(g.trials, g.others) e
ORDER BY g.change`,
  },
  {
    name: 'noise',
    about:
      'Each trial against FP32, unsmoothed and the best: difference, p, and whether it is noise, the choice of the best among many allowed for',
    parameters: [],
    sql: `SELECT label, against, other_label, metric, difference, method, p_value,
       ${verdictOf('c')} AS verdict, only_trial, only_other, ci_low, ci_high, p_relation, replicates, chosen_from, p_corrected
FROM v_comparison c WHERE sweep = :sweep ORDER BY against, difference DESC`,
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
    about: 'For each layer the static trial with the smallest L1 loss of those equal otherwise (lower is better)',
    parameters: [mode],
    sql: `WITH alike AS MATERIALIZED (SELECT trial, but_alpha FROM v_alike WHERE sweep = :sweep)
SELECT model, position, layer, calibration_batches, absmax, activation_bits, weight_bits, weight_granularity,
       layer_alpha AS best_alpha, l1, label
FROM (
  SELECT l.*, t.model, t.activation_bits, t.weight_bits, t.weight_granularity,
         row_number() OVER (PARTITION BY k.but_alpha, l.position ORDER BY l.l1, l.layer_alpha) AS rank
  FROM v_layer_loss l
  JOIN v_trial t ON t.sweep = l.sweep AND t.trial = l.trial
  JOIN alike k ON k.trial = l.trial
  WHERE l.sweep = :sweep AND l.alpha_mode IN (${oneAlphaModes}) AND l.mode = :mode)
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
    about:
      'Input amax over the number of calibration batches, as a share of the largest of its pass (near 1: enough data)',
    parameters: [],
    sql: `SELECT batches, samples, count(*) AS layers, avg(share_of_largest) AS mean_share, min(share_of_largest) AS worst_share,
       calibrator, model, calibration_seed, source, pass
FROM v_amax_convergence WHERE sweep = :sweep
GROUP BY pass, calibrator, batches, samples ORDER BY model, calibration_seed, source, pass, batches`,
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
