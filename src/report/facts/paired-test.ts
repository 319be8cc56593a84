import type { Row } from '../query.js';
import { numberOf, numberOrNull, textOf } from '../query.js';

/** One row of compare_trials with its two trials. */
export interface PairedTest {
  readonly trial: number;
  readonly otherTrial: number;
  readonly difference: number;
  readonly method: 'mcnemar' | 'paired bootstrap';
  /** Of this pair alone; what the choice of a best one leaves of it is noisePhrase's to say. */
  readonly pValue: number;
  /** `<=`: a bound, which so many replicates can't resolve. */
  readonly pRelation: '=' | '<=';
  readonly zScore: number | null;
  /** 95 % interval of the difference; null for McNemar. */
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  /** Samples that one of the two alone gets right; null for the bootstrap. */
  readonly onlyTrial: number | null;
  readonly onlyOther: number | null;
}

export function toPairedTest(row: Row): PairedTest {
  return {
    trial: numberOf(row, 'trial'),
    otherTrial: numberOf(row, 'other_trial'),
    difference: numberOf(row, 'difference'),
    method: textOf(row, 'method') as PairedTest['method'],
    pValue: numberOf(row, 'p_value'),
    pRelation: textOf(row, 'p_relation') as PairedTest['pRelation'],
    zScore: numberOrNull(row, 'z_score'),
    ciLow: numberOrNull(row, 'ci_low'),
    ciHigh: numberOrNull(row, 'ci_high'),
    onlyTrial: numberOrNull(row, 'only_trial'),
    onlyOther: numberOrNull(row, 'only_other'),
  };
}
