/** Cases `first` to `end - 1` of a format. */
export interface CaseSpan {
  readonly format: string;
  readonly first: number;
  readonly end: number;
}

/** What became of one case. */
export interface CaseResult {
  readonly format: string;
  readonly index: number;
  readonly what: string;
  /** `accepted`, the class of the clear error that refused it, or `failure`. */
  readonly outcome: string;
  /**
   * What the error said, without the names and numbers in it: how many of these there are tells how
   * deep cases reach.
   */
  readonly said: string;
  /** Why it is a failure; empty otherwise. */
  readonly problem: string;
  /** Processor time of the reading. */
  readonly cpuMs: number;
  /**
   * How far the peak of the process's memory rose above where it was before the case; 0 where the
   * system does not tell.
   */
  readonly grownBytes: number;
}

/** What the process that reads says to the one that watches it. */
export type FuzzMessage =
  | { readonly kind: 'start'; readonly format: string; readonly index: number; readonly what: string }
  | { readonly kind: 'end'; readonly result: CaseResult };
