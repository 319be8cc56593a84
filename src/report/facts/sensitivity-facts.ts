import { judgeDifference } from '../../statistics/choice-among.js';
import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, toRows } from '../query.js';

/** What one layer costs, or brings back: a change of the metric with its 95 % interval. */
export interface LayerChange {
  readonly change: number;
  /** Null where the two trials are not paired by sample. */
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly trial: number;
}

/** One layer of a sensitivity sweep. */
export interface SensitiveLayer {
  readonly position: number;
  readonly layer: string;
  /** How far the metric falls from FP32 where it alone is quantized. */
  readonly cost: LayerChange | null;
  /** What it brings back where it alone stays in float, of quantizing all. */
  readonly gain: LayerChange | null;
}

/** Which layers pay. */
export interface SensitivityFacts {
  /**
   * What layers are ranked by: of the two that which tells more layers from 0, else the cost of a
   * layer alone.
   */
  readonly rankedBy: 'cost' | 'gain';
  /** Most sensitive first. */
  readonly layers: readonly SensitiveLayer[];
  /** Layers whose interval, of what they are ranked by, lies above 0. */
  readonly standOut: number;
  /**
   * Layers that cannot be told from the most sensitive, itself not among them: paired tests with
   * p >= 0.05, the choice among the layers allowed for. Null where nothing was tested.
   */
  readonly tied: ReadonlySet<number> | null;
}

/**
 * Rows of the first setting that has sensitivity trials: the figure and its sentence share them.
 */
export function sensitivitySql(sweep: string): string {
  const name = sqlText(sweep);
  const pair = (one: string, other: string): string =>
    [one, other]
      .map((trial) => `CASE WHEN ${one} + ${other} IS NULL THEN '[]' ELSE json_array(${trial}) END`)
      .join(', ');
  return `WITH every AS MATERIALIZED (SELECT * FROM v_sensitivity WHERE sweep = ${name}),
fp32 AS MATERIALIZED (SELECT trial, other_trial FROM v_comparison WHERE sweep = ${name} AND against = 'fp32')
SELECT e.setting, e.whole_label, e.position, e.layer, e.op, e.rank, e.drop_only, -c.ci_high AS cost_low, -c.ci_low AS cost_high, e.only_trial, e.only_value, e.only_divergence,
       e.gain_all_but, g.ci_low AS gain_low, g.ci_high AS gain_high, e.all_but_trial, e.all_but_value,
       (SELECT count(DISTINCT setting) FROM every) AS settings,
       (SELECT search_order FROM v_trial t WHERE t.sweep = ${name} AND t.trial = coalesce(e.only_trial, e.all_but_trial)) AS search_order
FROM every e
LEFT JOIN fp32 f ON f.trial = e.only_trial
LEFT JOIN paired_effect(${pair('f.other_trial', 'e.only_trial')}) c
LEFT JOIN paired_effect(${pair('e.whole_trial', 'e.all_but_trial')}) g
WHERE e.setting = (SELECT setting FROM every ORDER BY whole_trial IS NULL, setting LIMIT 1) ORDER BY e.position`;
}

/**
 * The paired tests behind "cannot be told apart": of each other layer's trial against that of the
 * most sensitive one. Null without two layers that have a value.
 *
 * @param layers most sensitive first
 */
export function tieTestsSql(layers: readonly SensitiveLayer[], by: 'cost' | 'gain'): string | null {
  const [worst, ...others] = layers.flatMap((layer) => layer[by]?.trial ?? []);
  if (worst === undefined || others.length === 0) return null;
  return `SELECT o.value AS trial, c.difference, c.p_value, c.p_relation, c.z_score
FROM json_each('${JSON.stringify([...new Set(others)])}') o CROSS JOIN compare_trials(${worst}, o.value) c`;
}

/** Null where the sweep has no sensitivity trials that have finished. */
export function readSensitivity(query: Query, sweep: string): SensitivityFacts | null {
  const layers = toRows(query(sensitivitySql(sweep), [])).map(toSensitiveLayer);
  if (layers.length === 0) return null;
  const rankedBy = measureOf(layers);
  const ranked = rankLayers(layers, rankedBy);
  return {
    rankedBy,
    layers: ranked,
    standOut: standOut(layers, rankedBy),
    tied: readTied(query, ranked, rankedBy),
  };
}

/** What tells more layers from 0; of equals the cost alone, where it was measured. */
export function measureOf(layers: readonly SensitiveLayer[]): 'cost' | 'gain' {
  if (!layers.some(({ cost }) => cost !== null)) return 'gain';
  return standOut(layers, 'gain') > standOut(layers, 'cost') ? 'gain' : 'cost';
}

/** Those first that cost most, or bring most back; layers without a value last. */
export function rankLayers(layers: readonly SensitiveLayer[], by: 'cost' | 'gain'): SensitiveLayer[] {
  const size = (layer: SensitiveLayer): number => layer[by]?.change ?? -Infinity;
  return [...layers].sort((a, b) => size(b) - size(a) || a.position - b.position);
}

/** Layers whose interval lies above 0. */
function standOut(layers: readonly SensitiveLayer[], by: 'cost' | 'gain'): number {
  return layers.filter((layer) => (layer[by]?.ciLow ?? -1) > 0).length;
}

function readTied(query: Query, ranked: readonly SensitiveLayer[], by: 'cost' | 'gain'): ReadonlySet<number> | null {
  const sql = tieTestsSql(ranked, by);
  if (sql === null) return null;
  const others = ranked.filter((layer) => layer[by] !== null).slice(1);
  const positions = new Map(others.map((layer) => [layer[by]!.trial, layer.position]));
  const tests = toRows(query(sql, []));
  if (tests.length === 0) return null;
  // The worst was chosen among all layers, whichever way its value went for it.
  const chosen = { one: others.length + 1, other: others.length + 1 };
  return new Set(
    tests
      .filter((row) => !judgeDifference(toTest(row), chosen).differs)
      .map((row) => positions.get(numberOf(row, 'trial'))!),
  );
}

function toTest(row: Row): Parameters<typeof judgeDifference>[0] {
  return {
    difference: numberOf(row, 'difference'),
    pValue: numberOf(row, 'p_value'),
    pRelation: textOf(row, 'p_relation') as '=' | '<=',
    zScore: numberOrNull(row, 'z_score'),
  };
}

/** A layer of a row of {@link sensitivitySql}. */
export function toSensitiveLayer(row: Row): SensitiveLayer {
  const change = (value: string, low: string, high: string, trial: string): LayerChange | null => {
    const [measured, number] = [numberOrNull(row, value), numberOrNull(row, trial)];
    return measured === null || number === null
      ? null
      : { change: measured, ciLow: numberOrNull(row, low), ciHigh: numberOrNull(row, high), trial: number };
  };
  return {
    position: numberOf(row, 'position'),
    layer: textOf(row, 'layer'),
    cost: change('drop_only', 'cost_low', 'cost_high', 'only_trial'),
    gain: change('gain_all_but', 'gain_low', 'gain_high', 'all_but_trial'),
  };
}
