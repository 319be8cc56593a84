/** The quantizer of a tensor, as a target placed it. */
export interface TensorQuantizerRecord {
  /** Of the model with BatchNormalization folded. */
  readonly tensor: string;
  /** Operator that makes it; null of an input of the model. */
  readonly op: string | null;
  /** Quantizers of one group have one scale and zero point. */
  readonly group: number;
  readonly bits: number;
  /** Whether the target's integers are signed. */
  readonly signed: boolean;
  readonly amax: number;
  /** Lowest real value of the range. */
  readonly low: number;
  readonly scale: number;
  /** Of the quantizer's own levels, from 0 where its scheme is asymmetric. */
  readonly zeroPoint: number;
  /** The target fixes the range, whatever was observed. */
  readonly isFixed: boolean;
  /** `[C]`, `s[c] * scale`, where smoothing is inside the quantizer; null elsewhere. */
  readonly divisor: Float32Array | null;
}
