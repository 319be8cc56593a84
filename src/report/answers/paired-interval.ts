import { pairedShareInterval } from '../../statistics/paired-share-interval.js';
import type { PairedTest } from '../facts/paired-test.js';
import type { TrialFacts } from '../facts/sweep-facts.js';

/** 95 % interval of the trial's value less the other's; null where no test gives one. */
export function pairedInterval({ samples }: TrialFacts, test: PairedTest): readonly [number, number] | null {
  if (test.onlyTrial !== null && test.onlyOther !== null)
    return samples === null || samples === 0 ? null : pairedShareInterval(test.onlyTrial, test.onlyOther, samples);
  return test.ciLow === null || test.ciHigh === null ? null : [test.ciLow, test.ciHigh];
}
