import type { QueryConnection } from '../../store/query/query-database.js';
import { everySweep } from '../../store/query/every-sweep.js';
import { findTrials } from '../../store/read/find-trials.js';
import type { Comparisons } from './comparisons.js';

/** What a report is to be of. */
export interface ReportedNames {
  readonly sweeps: readonly string[];
  readonly comparisons: Comparisons;
}

/**
 * Names of sweeps that stand behind the trials to compare (`report --compare best 7 demo`) are
 * taken for what they are: from the third word on, a sweep of the database of whose name no trial
 * is.
 */
export function takeTrailingSweeps(queries: QueryConnection, { sweeps, comparisons }: ReportedNames): ReportedNames {
  const all = everySweep(queries);
  const isSweep = (word: string): boolean =>
    all.includes(word) && !all.some((sweep) => findTrials(queries, sweep, word).length > 0);
  const lists = comparisons.trials.map((words) => {
    const sweepsOf = words.filter((word, index) => index > 1 && isSweep(word));
    return { sweepsOf, trials: words.filter((word) => !sweepsOf.includes(word)) };
  });
  return {
    sweeps: [...new Set([...sweeps, ...lists.flatMap(({ sweepsOf }) => sweepsOf)])],
    comparisons: { ...comparisons, trials: lists.map(({ trials }) => trials) },
  };
}
