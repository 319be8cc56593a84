import { alphaModes, modesWithAlphas, smoothingModes } from '../../smooth/modes/registry.js';
import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, toRows } from '../query.js';
import type { LayerFacts, SweepFacts, TrialFacts } from './sweep-facts.js';
import { chooseBest, comparedWith } from './sweep-facts.js';
import { firstTrials, manyTrials } from './first-trials.js';

/**
 * A quantizer of the layer in one trial; ranges in units of the tensor, of a per-channel one the
 * widest channel's.
 */
export interface RangeFacts {
  readonly bits: number;
  readonly amax: number;
  /** The same with s = 1. */
  readonly amaxUnsmoothed: number;
  /** Lowest and highest value that a level stands for, and the distance of two levels. */
  readonly low: number;
  readonly high: number;
  readonly scale: number;
  /** True where the zero point is 0: the range before smoothing then has the same shape. */
  readonly symmetric: boolean;
  /**
   * `tensor`: one range; `channel`: `amax`, `scale` and `low` are of the widest or lowest channel.
   */
  readonly granularity: 'tensor' | 'channel';
}

/** A trial whose smoothing of the layer the page shows. */
export interface ShownTrial {
  readonly trial: number;
  readonly label: string;
  /** Why it was chosen, e.g. `best`. */
  readonly why: string;
  readonly unsmoothed: boolean;
  /** Alpha of this layer; null where it has none. */
  readonly alpha: number | null;
  /** Accumulated L1 loss of the layer; null where none is stored. */
  readonly loss: number | null;
  /** First of the shown trials with the same calibration data, whose activations are the same. */
  readonly observed: number;
  /** Null where no quantizer is stored. */
  readonly input: RangeFacts | null;
  readonly weight: RangeFacts | null;
}

/** The layer's channels in the first of the shown trials. */
export interface ChannelSummary {
  readonly channels: number;
  /** Largest and median absmax of the layer's input channels, before and after smoothing. */
  readonly max: number;
  readonly median: number;
  readonly maxSmoothed: number;
  readonly medianSmoothed: number;
  readonly sMin: number;
  readonly sMax: number;
}

/** What the figures of a layer's page know. */
export interface LayerPageFacts {
  readonly sweep: SweepFacts;
  readonly layer: LayerFacts;
  /** Trials to switch among, the default first. Empty: no finished trial quantizes the layer. */
  readonly shown: readonly ShownTrial[];
  /** Null where no statistics of the channels are stored. */
  readonly channels: ChannelSummary | null;
}

/** A channel of at least this many times the median absmax is an outlier. */
export const outlierFrom = 5;

/** Absmax below which a channel counts as dead: nothing can be moved to or from it, so s is 1. */
export const deadBelow = 1e-9;

const fixedAlphaModes = modesWithAlphas('fixed').map(sqlText).join(', ');

/** The most accurate of each mode, by the mode's name. */
const bestOfModes = alphaModes
  .filter((mode) => smoothingModes[mode].apply !== 'none')
  .map((mode) => `  WHEN alpha_mode = '${mode}' AND of_mode = 1 THEN 'best ${smoothingModes[mode].appearance.name}'`)
  .join('\n');

/** The queries behind {@link LayerPageFacts}, as the page shows them. */
export const layerFactsSql = {
  /**
   * At most six trials that quantize the layer: the most accurate, its unsmoothed counterpart, the
   * most accurate of each way to choose alpha, and with the best's other settings the lowest and
   * the highest static alpha.
   *
   * @param among the trials to choose from; null: all
   */
  shown: (sweep: SweepFacts, layer: LayerFacts, among: readonly number[] | null): string => {
    const best = bestOf(sweep, layer);
    const counterpart = comparedWith(sweep, best, 'unsmoothed');
    return `WITH place AS MATERIALIZED (SELECT trial, place FROM v_place WHERE sweep = ${sqlText(sweep.sweep.name)}),
quantized AS (
  SELECT t.trial, t.label, t.role, t.alpha_mode, t.alpha, p.place, t.position, m.layer_alpha,
         2 * (own.but_alpha IS like_best.but_alpha) + (t.absmax IS best.absmax) AS likeness
  FROM v_trial t
  JOIN v_alike own ON own.sweep = t.sweep AND own.trial = t.trial
  JOIN v_smoothing m ON m.sweep = t.sweep AND m.trial = t.trial AND m.position = ${layer.position}
  JOIN place p ON p.trial = t.trial
  LEFT JOIN (SELECT absmax FROM v_trial WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${best?.trial ?? -1}) best ON true
  LEFT JOIN (SELECT but_alpha FROM v_alike WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${best?.trial ?? -1}) like_best ON true
  WHERE t.sweep = ${sqlText(sweep.sweep.name)} AND t.model = ${sqlText(layer.model)} AND t.status = 'done' AND t.role IN ('candidate', 'unsmoothed')${
    among === null
      ? ''
      : `
-- Of ${sweep.trials.length} trials those that come first by any of the choices below.
  AND t.trial IN (${among.join(', ')})`
  }),
ranked AS (
  SELECT *, row_number() OVER (ORDER BY role = 'candidate' DESC, place) AS by_place,
         row_number() OVER (PARTITION BY role ORDER BY trial = ${counterpart?.otherTrial ?? -1} DESC, likeness DESC, position) AS of_role,
         row_number() OVER (PARTITION BY alpha_mode ORDER BY place) AS of_mode,
         row_number() OVER (PARTITION BY alpha_mode ORDER BY likeness DESC, alpha, position) AS lowest,
         row_number() OVER (PARTITION BY alpha_mode ORDER BY likeness DESC, alpha DESC, position) AS highest
  FROM quantized)
SELECT trial, label, role, layer_alpha, (
  SELECT l1 FROM v_layer_loss loss
  WHERE loss.sweep = ${sqlText(sweep.sweep.name)} AND loss.trial = ranked.trial AND loss.position = ${layer.position} AND loss.mode = 'accumulated') AS l1, CASE
  WHEN by_place = 1 AND role = 'candidate' THEN 'best'
  WHEN role = 'unsmoothed' AND of_role = 1 THEN 'unsmoothed'
${bestOfModes}
  WHEN alpha_mode IN (${fixedAlphaModes}) AND lowest = 1 THEN 'lowest alpha'
  WHEN alpha_mode IN (${fixedAlphaModes}) AND highest = 1 THEN 'highest alpha' END AS why
FROM ranked WHERE why IS NOT NULL
ORDER BY why = 'best' DESC, why = 'unsmoothed' DESC, substr(why, 1, 4) = 'best' DESC, alpha, trial LIMIT 6`;
  },
  /** Both quantizers of the layer in these trials. */
  ranges: (sweep: SweepFacts, layer: LayerFacts, trials: readonly number[]): string =>
    `SELECT trial, role, granularity, bits, amax, amax_unsmoothed, low, scale, zero_point, signed, narrow_range
FROM v_amax WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial IN (${trials.join(', ')}) AND position = ${layer.position} ORDER BY trial, role`,
  /** Largest and median absmax of the input's channels in one trial. */
  channels: (sweep: SweepFacts, layer: LayerFacts, trial: number): string =>
    `WITH ranked AS (
  SELECT *, count(*) OVER () AS channels, row_number() OVER (ORDER BY act_absmax) AS place,
         row_number() OVER (ORDER BY act_absmax_smoothed) AS place_smoothed
  FROM v_channel WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial} AND position = ${layer.position})
SELECT count(*) AS channels, max(act_absmax) AS largest, max(act_absmax_smoothed) AS largest_smoothed,
       avg(act_absmax) FILTER (WHERE place IN ((channels + 1) / 2, channels / 2 + 1)) AS median,
       avg(act_absmax_smoothed) FILTER (WHERE place_smoothed IN ((channels + 1) / 2, channels / 2 + 1)) AS median_smoothed,
       min(s) AS s_min, max(s) AS s_max
FROM ranked`,
};

/** Reads what a layer's page knows before its figures query, and says by which queries. */
export function readLayerPageFacts(
  sweep: SweepFacts,
  layer: LayerFacts,
  query: Query,
): { readonly facts: LayerPageFacts; readonly sources: readonly (readonly [string, string])[] } {
  const { sql: shownSql, rows: trials } = chooseTrials(sweep, layer, query);
  const [first] = trials;
  if (first === undefined) {
    return { facts: { sweep, layer, shown: [], channels: null }, sources: [['trials to show', shownSql]] };
  }
  const rangesSql = layerFactsSql.ranges(
    sweep,
    layer,
    trials.map((row) => numberOf(row, 'trial')),
  );
  const ranges = toRows(query(rangesSql, []));
  const channelsSql = layerFactsSql.channels(sweep, layer, numberOf(first, 'trial'));
  const channels = toRows(query(channelsSql, []))[0];
  const observed = firstObserved(sweep, trials);
  return {
    facts: {
      sweep,
      layer,
      shown: trials.map((row) => toShown(row, ranges, observed)),
      channels: channels === undefined || numberOf(channels, 'channels') === 0 ? null : toSummary(channels),
    },
    sources: [
      ['trials to show', shownSql],
      ['quantizers', rangesSql],
      ['channels', channelsSql],
    ],
  };
}

/**
 * Runs the query for the trials to show. In a large sweep it looks at the first of each choice
 * only, which takes a hundredth of the time, and at all where none of a choice's first quantizes
 * the layer.
 */
function chooseTrials(sweep: SweepFacts, layer: LayerFacts, query: Query): { sql: string; rows: readonly Row[] } {
  const run = (among: readonly number[] | null) => {
    const sql = layerFactsSql.shown(sweep, layer, among);
    return { sql, rows: toRows(query(sql, [])) };
  };
  if (sweep.trials.length <= manyTrials) return run(null);
  const { trials, choices } = firstTrials(sweep, layer.model, query);
  const sql = `SELECT trial FROM v_smoothing
WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial IN (${trials.join(', ')}) AND position = ${layer.position}`;
  const quantizing = new Set(toRows(query(sql, [])).map((row) => numberOf(row, 'trial')));
  const sure = choices.every((choice) => choice.some((trial) => quantizing.has(trial)));
  return run(sure ? trials : null);
}

/** Names short enough for headings and captions: the whole name stands once in the page. */
export function shortName(name: string): string {
  return name.length <= 120 ? name : `${name.slice(0, 70)}…${name.slice(-40)}`;
}

/** The most accurate candidate of the layer's model: the sweep's best where it is of that model. */
function bestOf({ trials, best }: SweepFacts, { model }: LayerFacts): TrialFacts | null {
  return best?.model === model ? best : chooseBest(trials.filter((trial) => trial.model === model));
}

/** For each trial the first with the same calibration data and preprocessing. */
function firstObserved({ allTrials }: SweepFacts, rows: readonly Row[]): ReadonlyMap<number, number> {
  const byData = new Map<string, number>();
  const result = new Map<number, number>();
  for (const row of rows) {
    const trial = numberOf(row, 'trial');
    const settings = allTrials.find((one) => one.trial === trial)?.settings as Record<string, unknown> | undefined;
    const data = JSON.stringify([settings?.['calibration'] ?? trial, settings?.['preprocess']]);
    if (!byData.has(data)) byData.set(data, trial);
    result.set(trial, byData.get(data) ?? trial);
  }
  return result;
}

function toShown(row: Row, ranges: readonly Row[], observed: ReadonlyMap<number, number>): ShownTrial {
  const trial = numberOf(row, 'trial');
  const range = (role: string): RangeFacts | null => {
    const found = ranges.find((one) => one['trial'] === trial && one['role'] === role);
    return found === undefined ? null : toRange(found);
  };
  return {
    trial,
    label: textOf(row, 'label'),
    why: textOf(row, 'why'),
    unsmoothed: row['role'] === 'unsmoothed',
    alpha: numberOrNull(row, 'layer_alpha'),
    loss: numberOrNull(row, 'l1'),
    observed: observed.get(trial) ?? trial,
    input: range('input'),
    weight: range('weight'),
  };
}

function toRange(row: Row): RangeFacts {
  const [bits, scale, zero] = [numberOf(row, 'bits'), numberOf(row, 'scale'), numberOf(row, 'zero_point')];
  const lowest = (row['signed'] === 1 ? -(2 ** (bits - 1)) : 0) + (numberOrNull(row, 'narrow_range') ?? 0);
  const highest = (row['signed'] === 1 ? 2 ** (bits - 1) : 2 ** bits) - 1;
  return {
    bits,
    scale,
    amax: numberOf(row, 'amax'),
    amaxUnsmoothed: numberOf(row, 'amax_unsmoothed'),
    low: (lowest - zero) * scale,
    high: (highest - zero) * scale,
    symmetric: zero === 0,
    granularity: row['granularity'] === 'channel' ? 'channel' : 'tensor',
  };
}

function toSummary(row: Row): ChannelSummary {
  return {
    channels: numberOf(row, 'channels'),
    max: numberOf(row, 'largest'),
    median: numberOf(row, 'median'),
    maxSmoothed: numberOf(row, 'largest_smoothed'),
    medianSmoothed: numberOf(row, 'median_smoothed'),
    sMin: numberOf(row, 's_min'),
    sMax: numberOf(row, 's_max'),
  };
}
