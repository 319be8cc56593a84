/** What a search found. */
export interface SearchRecord {
  /** Empty for alpha `auto`. */
  readonly points: readonly (SearchPoint & { readonly chosen: boolean })[];
  /** Static alphas by divergence: of order `output` and alpha `auto` only. */
  readonly alphaCurve: readonly (AlphaPoint & { readonly chosen: boolean })[];
  /** Of every layer that is quantized. */
  readonly alphas: ReadonlyMap<string, number>;
}

/** One candidate alpha of one layer in a search. */
export interface SearchPoint {
  readonly layer: string;
  readonly alpha: number;
  /** Sweep of the descent of order `output`, from 1; 0 in the other orders. */
  readonly sweep: number;
  /** Value of the objective, e.g. mean |y - y_fp32|. */
  readonly loss: number;
  readonly relL1: number | null;
}

/** One static alpha for all layers in a search. */
export interface AlphaPoint {
  readonly alpha: number;
  /** Of the quantized model's output from FP32's, see `outputDivergence`. */
  readonly divergence: number;
}
