import type { Sample } from './sample-database.js';
import type { SampleTrial } from './sample-trials.js';

/** Rows of the table `comparison`; the p values fall with the difference but come from no test. */
export function sampleComparisons(
  { metric }: Sample,
  trials: readonly SampleTrial[],
  base: number,
): Readonly<Record<string, unknown>>[] {
  const done = trials.filter((trial) => trial.status === 'done');
  const candidates = done.filter((trial) => trial.role === 'candidate').sort((a, b) => b.value - a.value);
  const bootstrap = metric === 'mAP';
  return done.flatMap((trial) => {
    const others = { fp32: trial.fp32, unsmoothed: trial.unsmoothed, best: candidates[0]?.offset ?? null };
    return Object.entries(others).flatMap(([against, offset]) => {
      const other = done.find((one) => one.offset === offset);
      if (other === undefined || other === trial) return [];
      const difference = trial.value - other.value;
      const p = Math.exp(-0.7 * (Math.abs(difference) / 0.0025) ** 1.3);
      return [
        {
          sweep_id: base,
          trial_id: base + trial.offset,
          against,
          other_trial_id: base + other.offset,
          metric,
          difference,
          method: bootstrap ? 'paired bootstrap' : 'mcnemar',
          p_value: p,
          ci_low: bootstrap ? difference - 0.006 : null,
          ci_high: bootstrap ? difference + 0.006 : null,
          only_trial: bootstrap ? null : 60,
          only_other: bootstrap ? null : 70,
          significant: p < 0.05 ? 1 : 0,
        },
      ];
    });
  });
}
