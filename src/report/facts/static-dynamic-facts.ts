import type { ChosenFrom } from '../../statistics/choice-among.js';
import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, toRows } from '../query.js';
import { readVerdict, type Verdict } from './verdict.js';

/**
 * A row of v_static_against_dynamic: the best static and the best dynamic alpha of equal settings
 * otherwise.
 */
export interface AlphaPair {
  readonly staticTrial: number;
  readonly staticLabel: string;
  readonly staticAlpha: number | null;
  /** `divergence`: alpha `auto` chose it by the divergence of the output. */
  readonly staticBy: 'grid' | 'divergence';
  readonly staticValue: number;
  readonly dynamicTrial: number;
  readonly dynamicLabel: string;
  readonly dynamicValue: number;
}

/** Static against dynamic alpha in a sweep. */
export interface StaticDynamicFacts {
  /** The pair with the highest value of all settings that have both. */
  readonly best: AlphaPair;
  /** Static against dynamic of that pair; null where it can't be tested. */
  readonly verdict: Verdict | null;
  /** Settings of which the two were chosen, over all that have both. */
  readonly chosen: ChosenFrom;
  /** Pairs, and in how many of them static, or dynamic, is ahead. */
  readonly pairs: number;
  readonly staticAhead: number;
  readonly dynamicAhead: number;
}

/** The query behind {@link StaticDynamicFacts}, as pages show it. */
export function staticDynamicSql(sweep: string): string {
  return `SELECT static_trial, static_label, static_alpha, static_by, static_value, static_of, dynamic_trial, dynamic_label, dynamic_value, dynamic_of, difference, metric
FROM v_static_against_dynamic WHERE sweep = ${sqlText(sweep)} ORDER BY max(static_value, dynamic_value) DESC, static_trial`;
}

/**
 * Null where no static and dynamic alpha of equal settings have finished.
 *
 * @param metric that the trials are judged by; null before one has finished
 */
export function readStaticDynamic(query: Query, sweep: string, metric: string | null): StaticDynamicFacts | null {
  const rows = toRows(query(staticDynamicSql(sweep), [])).filter((row) => row['metric'] === metric);
  const [first] = rows;
  if (first === undefined) return null;
  const best = toPair(first);
  const sum = (column: string): number => rows.reduce((total, row) => total + numberOf(row, column), 0);
  return {
    best,
    verdict: readVerdict(query, best.staticTrial, best.dynamicTrial),
    chosen: { one: sum('static_of'), other: sum('dynamic_of') },
    pairs: rows.length,
    staticAhead: rows.filter((row) => numberOf(row, 'difference') > 0).length,
    dynamicAhead: rows.filter((row) => numberOf(row, 'difference') < 0).length,
  };
}

function toPair(row: Row): AlphaPair {
  return {
    staticTrial: numberOf(row, 'static_trial'),
    staticLabel: textOf(row, 'static_label'),
    staticAlpha: numberOrNull(row, 'static_alpha'),
    staticBy: textOf(row, 'static_by') as AlphaPair['staticBy'],
    staticValue: numberOf(row, 'static_value'),
    dynamicTrial: numberOf(row, 'dynamic_trial'),
    dynamicLabel: textOf(row, 'dynamic_label'),
    dynamicValue: numberOf(row, 'dynamic_value'),
  };
}
