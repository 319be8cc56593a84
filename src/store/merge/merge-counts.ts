/** What a merged database brought along that was not there. */
export interface MergeCounts {
  /** Finished trials. */
  trials: number;
  /** Finished stages. */
  stages: number;
  /** Finished parts of stages that are not finished. */
  parts: number;
  /** Trials and stages that are recorded, or have failed, and are not finished. */
  unfinished: number;
  attempts: number;
  sweeps: number;
  /** Notes and tags. */
  notes: number;
  /** Comparisons of speed. */
  latencies: number;
}

export function nothingMerged(): MergeCounts {
  return { trials: 0, stages: 0, parts: 0, unfinished: 0, attempts: 0, sweeps: 0, notes: 0, latencies: 0 };
}

/** Whether anything was new. */
export function isNew(counts: Readonly<MergeCounts>): boolean {
  return Object.values(counts).some((count) => count > 0);
}
