import type { Difference, MergeConflict } from './merge-conflict.js';
import type { MergeCounts } from './merge-counts.js';
import type { MergeSides } from './owned-rows.js';

/** One database on its way into another. */
export interface Merging extends MergeSides {
  /** Paths, as they were given. */
  readonly from: string;
  readonly into: string;
  readonly mixClasses: boolean;
  readonly counts: MergeCounts;
  readonly conflicts: MergeConflict[];
  /** By name, which of the merged databases something came from; not what the target had. */
  readonly origins: Map<string, string>;
}

/** Notes that what the two databases have of the same work differs. */
export function reportConflict(merging: Merging, name: string, what: string, differences: readonly Difference[]): void {
  if (differences.length === 0) return;
  const has = merging.origins.get(name) ?? merging.into;
  merging.conflicts.push({ what, differences, between: [has, merging.from] });
}
