/**
 * The integers of a layer's weight that its ranges alone do not tell: they were not rounded to the
 * nearest.
 */
export interface RoundedWeightRecord {
  readonly layer: string;
  /** Of the weight's shape, zero point taken off: real values are `levels * scale`. */
  readonly levels: Int8Array | Int32Array;
}
