/** What of a model is to be quantized. */
export interface Wanted {
  /** Output tensors of the layers that are quantized; other layers stay in float. */
  readonly layers: ReadonlySet<string>;
  /** False: nothing but these layers, e.g. to find out what one layer costs. */
  readonly others: boolean;
}
