import type { EvaluationSettings } from '../experiment/sections/settings.js';

/**
 * What the limit is for a trial's own runs: none where its settings say how many samples a run has.
 */
export function evaluationLimit(batchSize: EvaluationSettings['batchSize'], limit: number | undefined): number | null {
  return batchSize === 'auto' ? (limit ?? null) : null;
}
