/** What became of one case. */
export interface CaseResult {
  readonly format: string;
  readonly index: number;
  readonly what: string;
  /** `accepted`, the class of the clear error that refused it, or `failure`. */
  readonly outcome: string;
  /** Why it is a failure; empty otherwise. */
  readonly problem: string;
  /** Processor time of the reading. */
  readonly cpuMs: number;
  /** How far the peak of the process's memory rose above where it was before the case; 0 where the system does not tell. */
  readonly grownBytes: number;
}

/** What the process that reads says to the one that watches it. */
export type FuzzMessage =
  | { readonly kind: 'start'; readonly format: string; readonly index: number; readonly what: string }
  | { readonly kind: 'end'; readonly result: CaseResult }
  | { readonly kind: 'done' };
