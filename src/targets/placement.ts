/** One input of one node. */
export interface Reader {
  /** First output of the node. */
  readonly node: string;
  readonly index: number;
}

/** A tensor that a target quantizes. */
export interface PlacedQuantizer {
  readonly tensor: string;
  /** Who reads the quantized values; others read the tensor as it is. */
  readonly readers: readonly Reader[];
  /** True where the model's output of that name is the quantized values. */
  readonly isOutput: boolean;
  /** Quantizers of one group have one scale and zero point. */
  readonly group: number;
}

/** Quantizers that share one scale and zero point. */
export interface QuantizerGroup {
  /** Tensors whose ranges make the group's, the others follow from them (of MaxPool, say). */
  readonly observed: readonly string[];
  /** A range that the target fixes; null: the observed one. */
  readonly range: { readonly low: number; readonly high: number } | null;
}

/** How a target runs one node. */
export interface PlacedNode {
  /** First output. */
  readonly node: string;
  readonly op: string;
  readonly runs: 'quantize' | 'pass' | 'float';
  /**
   * Of `float`: why, as the rest of a sentence that begins with the node, where the target has a
   * rule for its operator or an integer operator is beside it; null otherwise.
   */
  readonly reason: string | null;
}

/** Where a target's quantizers are in a model. */
export interface Placement {
  /** In graph order of their tensors; graph inputs first. */
  readonly quantizers: readonly PlacedQuantizer[];
  /** By `PlacedQuantizer.group`. */
  readonly groups: readonly QuantizerGroup[];
  /** In graph order, without nodes of constants and shapes. */
  readonly nodes: readonly PlacedNode[];
}
