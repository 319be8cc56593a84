import type { AbsmaxMethod } from '../../calibrate/absmax-method.js';
import type { FoldRegion } from '../../onnx/folding/fold-region.js';
import type { Layer } from '../../onnx/layers/layers.js';
import type { InputStatistics } from '../../records/observation-record.js';
import type { SmoothingFactors } from '../smoothing-factors.js';

/** What the settings give each layer to make its s of; null parts do not apply. */
export interface LayerChoice {
  readonly alpha: number | null;
  readonly absmax: AbsmaxMethod | null;
}

/**
 * s of each layer by itself, from its weight and the statistics of its input; null leaves the layer
 * alone.
 */
export interface LayerFactors {
  readonly of: 'layer';
  readonly factors: (layer: Layer, inputs: InputStatistics, choice: LayerChoice) => SmoothingFactors | null;
}

/** s of every tensor between layers, from their weights alone; always folded. */
export interface RegionFactors {
  readonly of: 'region';
  /** @param regions whose producers are layers */
  readonly factors: (regions: readonly FoldRegion[]) => readonly SmoothingFactors[];
}

/**
 * Where the alphas of layers come from. `none`: the mode has none. `fixed`: one for all layers,
 * `smoothing.alpha`; `searchedOnce`: one for all, chosen by the divergence of the output;
 * `searchedPerLayer`: one for each.
 */
export type AlphaOrigin = 'none' | 'fixed' | 'searchedOnce' | 'searchedPerLayer';

/** How reports show a mode, where other modes stand beside it. */
export interface ModeAppearance {
  /** In a few words, as in `best static by divergence`. */
  readonly name: string;
  /** In a legend or a sentence, e.g. `cross-layer equalization`. */
  readonly phrase: string;
  /** Head of a column, at most six letters. */
  readonly column: string;
  /** Shape of its points. Fixed alphas are circles, joined by lines. */
  readonly mark: 'circle' | 'square' | 'diamond' | 'triangle-up' | 'triangle-down' | 'cross';
}

/**
 * One way to smooth. A file that defines one and its line in `registry.ts` are all that it takes:
 * settings, plan, engine, store and reports ask the definition.
 */
export interface SmoothingMode {
  /** What it does, in one sentence, for the documentation and the JSON Schema. */
  readonly description: string;
  readonly alphas: AlphaOrigin;
  /** Whether `smoothing.absmax` matters: s comes from statistics of activations. */
  readonly readsAbsmax: boolean;
  /** How s is applied: as `smoothing.apply` says, always folded, or not at all. */
  readonly apply: 'asSet' | 'fold' | 'none';
  readonly factors: LayerFactors | RegionFactors;
  /** The method in a trial's label. @param alpha of `fixed` alphas, else null */
  readonly label: (alpha: number | null) => string;
  readonly appearance: ModeAppearance;
}
