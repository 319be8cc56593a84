import type { ContentKey, PlannedTrial } from './plan.js';

/** Keys of the stages that a trial needs. */
export function stagesOfTrial({
  referenceKey,
  observeKey,
  momentsKey,
  searchKey,
  rankKey,
  keepKey,
}: PlannedTrial): readonly ContentKey[] {
  return [referenceKey, observeKey, momentsKey, searchKey, rankKey, keepKey].filter((key) => key !== null);
}
