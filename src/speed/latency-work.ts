import type { LatencySettings } from '../experiment/sections/measure.js';
import type { PlannedTrial } from '../plan/plan.js';
import type { StoredLatency } from '../store/read/read-latencies.js';

/** Device of what is measured in a child of this process. */
export const HERE = 'cpu';

/** What models are timed under. */
export interface LatencyCondition {
  readonly threads: number;
  /** Samples of one run. */
  readonly batchSize: number;
}

/** Trials of one model and evaluation with what is to be measured of them. */
export interface LatencyWork {
  readonly trials: readonly PlannedTrial[];
  /** Each with the trials that lack it. */
  readonly conditions: readonly (LatencyCondition & { readonly trials: readonly PlannedTrial[] })[];
}

/**
 * The conditions of one model: each number of threads with each batch size. A model that fixes its
 * batch is measured at that alone.
 */
export function conditionsOf(
  { threads, batchSizes }: Pick<LatencySettings, 'threads' | 'batchSizes'>,
  fixedBatch: number | null,
): readonly LatencyCondition[] {
  const batches = fixedBatch === null ? [...new Set(batchSizes)] : [fixedBatch];
  return [...new Set(threads)].flatMap((count) => batches.map((batchSize) => ({ threads: count, batchSize })));
}

/** What is missing of the speed of trials, and how much of it is there. */
export interface MissingLatency {
  readonly work: readonly LatencyWork[];
  /** Comparisons to make. */
  readonly missing: number;
  /** Comparisons that this machine has made before, in as many rounds or more. */
  readonly cached: number;
}

/**
 * What is to be measured of the chosen trials on this machine.
 *
 * @param stored what this machine has measured of them
 * @param fixedBatch of the model of a trial
 */
export function missingLatency(
  chosen: readonly PlannedTrial[],
  settings: LatencySettings,
  stored: readonly StoredLatency[],
  fixedBatch: (trial: PlannedTrial) => number | null,
): MissingLatency {
  const idOf = (trial: string, { threads, batchSize }: LatencyCondition): string =>
    JSON.stringify([trial, threads, batchSize]);
  const there = new Set(
    stored
      .filter(({ device, rounds }) => device === HERE && rounds >= settings.rounds)
      .map((latency) => idOf(latency.trial, latency)),
  );
  const byEvaluation = new Map<string, PlannedTrial[]>();
  for (const trial of chosen) {
    const together = byEvaluation.get(trial.referenceKey);
    if (together === undefined) byEvaluation.set(trial.referenceKey, [trial]);
    else together.push(trial);
  }
  let missing = 0;
  let cached = 0;
  const work: LatencyWork[] = [];
  for (const together of byEvaluation.values()) {
    const conditions = conditionsOf(settings, fixedBatch(together[0]!)).flatMap((condition) => {
      const trials = together.filter(({ key }) => !there.has(idOf(key, condition)));
      missing += trials.length;
      cached += together.length - trials.length;
      return trials.length === 0 ? [] : [{ ...condition, trials }];
    });
    const lacking = new Set(conditions.flatMap(({ trials }) => trials));
    if (lacking.size > 0) work.push({ trials: together.filter((trial) => lacking.has(trial)), conditions });
  }
  return { work, missing, cached };
}

/** e.g. `batch 1, 2 threads`. */
export function conditionText({ batchSize, threads }: LatencyCondition): string {
  return `batch ${batchSize}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
