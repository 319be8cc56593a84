import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, textOf, toRows } from '../query.js';

/** A row of the table function compare_trials: two trials paired by sample. */
export interface Verdict {
  readonly difference: number;
  readonly method: 'mcnemar' | 'paired bootstrap';
  /** Two-sided, of this pair alone. */
  readonly pValue: number;
  /** `<=`: a bound, which so many replicates can't resolve. */
  readonly pRelation: '=' | '<=';
  readonly zScore: number | null;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  /** Samples that one alone gets right, both, neither; null for the bootstrap. */
  readonly counts: {
    readonly onlyTrial: number;
    readonly onlyOther: number;
    readonly both: number;
    readonly neither: number;
  } | null;
}

/** The query behind a {@link Verdict}, as pages show it. */
export function verdictSql(trial: number, other: number): string {
  return `SELECT metric, value, other_value, difference, method, p_value, ci_low, ci_high, only_trial, only_other, both, neither, significant, p_relation, replicates, z_score
FROM compare_trials(${trial}, ${other})`;
}

/** What a paired test says of two trials; null where they can't be paired. */
export function readVerdict(query: Query, trial: number, other: number): Verdict | null {
  const row = toRows(query(verdictSql(trial, other), []))[0];
  return row === undefined ? null : toVerdict(row);
}

function toVerdict(row: Row): Verdict {
  return {
    difference: numberOf(row, 'difference'),
    method: textOf(row, 'method') as Verdict['method'],
    pValue: numberOf(row, 'p_value'),
    pRelation: textOf(row, 'p_relation') as Verdict['pRelation'],
    zScore: numberOrNull(row, 'z_score'),
    ciLow: numberOrNull(row, 'ci_low'),
    ciHigh: numberOrNull(row, 'ci_high'),
    counts:
      row['only_trial'] === null
        ? null
        : {
            onlyTrial: numberOf(row, 'only_trial'),
            onlyOther: numberOf(row, 'only_other'),
            both: numberOf(row, 'both'),
            neither: numberOf(row, 'neither'),
          },
  };
}
