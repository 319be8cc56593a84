import type { InputStatistics } from '../../records/observation-record.js';

/** The settings of `quantization.activation` that only some calibrators read. */
export interface CalibratorParameters {
  /** Per cent of the values that the range holds, 0 < p <= 100. */
  readonly percentile: number;
}

/** A symmetric range's quantizer, as far as calibrators depend on it. */
export interface SymmetricTarget extends CalibratorParameters {
  readonly bits: number;
  /** Else the range begins at 0, and what is below zero is cut off, so that it counts as zero. */
  readonly signed: boolean;
}

/** What a quantizer must represent, `low <= 0 <= high`. */
export interface CalibratedRange {
  readonly low: number;
  readonly high: number;
}

/**
 * One way to choose the range of a layer's input from its statistics. A file that defines one and
 * its line in `registry.ts` are all that it takes: settings, plan, store and reports ask the
 * definition.
 */
export interface Calibrator {
  /** What it does, in one sentence, for the documentation and the JSON Schema. */
  readonly description: string;
  /**
   * `extremes`: the channels' smallest and largest values suffice, which every calibration pass
   * finds. `histograms`: that pass counts values as well, which takes longer and is stored.
   */
  readonly reads: 'extremes' | 'histograms';
  /** Settings that it reads; others take a fixed value in content keys. */
  readonly parameters: readonly (keyof CalibratorParameters)[];
  /**
   * The amax of the input divided by s: the upper end of a signed or an unsigned range.
   *
   * @param s `[C]`
   */
  readonly amax: (inputs: InputStatistics, s: Float32Array, target: SymmetricTarget) => number;
  /** The range with two ends of its own; or why there is none, as in `entropy is <obstacle>`. */
  readonly asymmetric:
    | {
        readonly range: (inputs: InputStatistics, s: Float32Array, parameters: CalibratorParameters) => CalibratedRange;
      }
    | { readonly obstacle: string };
}
