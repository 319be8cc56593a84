/** What the equivalence check found: how far smoothing alone, in float, moved the output. */
export interface GateRecord {
  /** max |smoothed float - fp32| / absmax(fp32), of the output or of what it was judged by. */
  readonly maxRelativeError: number;
  readonly samples: number;
  /**
   * Why the output alone did not tell: `discontinuous` operators before it, or float32's own
   * `rounding`, which is large beside it. Absent where it did.
   */
  readonly judgedBy?: GateBasis;
}

/** What a model was judged by whose output does not tell whether it is equivalent. */
export type GateBasis = 'discontinuous' | 'rounding';
