import type { WeightQuantizerSettings } from '../../experiment/sections/settings.js';
import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import { momentBlocks } from '../../records/moments-record.js';
import { applyQuantizers, type QuantizedWeight } from '../quantizers/fake-quantize-weight.js';
import type { Quantizer } from '../quantizers/quantizer.js';
import { weightQuantizers } from '../quantizers/weight-quantizers.js';
import { BlockProblem } from './block-problem.js';
import type { MomentsView } from './moment-matrix.js';
import type { RoundingMemo } from './rounding-memo.js';
import { roundWeight } from './round-weight.js';
import { rowLevels } from './row-levels.js';

/** How the weight of one layer gets its ranges, and its numbers the levels in them. */
export interface WeightRounding {
  readonly layout: WeightLayout;
  readonly settings: WeightQuantizerSettings;
  /** Null of a layer without moments: a constant input has none, and no setting may ask for them. */
  readonly view: MomentsView | null;
  /** Absent: nothing is kept. */
  readonly memo?: RoundingMemo;
}

/**
 * Quantizes and dequantizes a weight with the ranges and the rounding that its settings give it.
 *
 * @param outputFactors `[O]`, what the weight's output channels are divided by: the errors of a
 *   scale that channels share count in the units of FP32's output; null: 1
 * @throws NonFiniteError for moments that are not finite
 */
export function quantizeBy(
  rounding: WeightRounding,
  weight: Float32Array,
  outputFactors: Float32Array | null,
): QuantizedWeight {
  const make = (): QuantizedWeight => {
    const quantizers = rangesBy(rounding, weight, outputFactors);
    return roundTo(rounding, weight, quantizers, rounding.settings.granularity);
  };
  const { view, memo } = rounding;
  return view === null || memo === undefined ? make() : memo.weight(rounding, weight, outputFactors, make);
}

/** The quantizers of a weight, see {@link quantizeBy}. */
export function rangesBy(
  rounding: WeightRounding,
  weight: Float32Array,
  outputFactors: Float32Array | null,
): readonly Quantizer[] {
  const { layout, settings, view, memo } = rounding;
  if (view === null) return weightQuantizers(weight, layout, settings);
  const make = (): readonly Quantizer[] =>
    weightQuantizers(weight, layout, settings, (quantizers) => {
      const errors = nearestErrors(weight, layout, quantizers, view);
      return outputFactors === null ? errors : errors.map((error, output) => error * outputFactors[output]! ** 2);
    });
  return memo === undefined ? make() : memo.ranges(rounding, weight, outputFactors, make);
}

/** The weight at levels of the given quantizers. */
export function roundTo(
  { layout, settings, view }: WeightRounding,
  weight: Float32Array,
  quantizers: readonly Quantizer[],
  granularity: WeightQuantizerSettings['granularity'],
): QuantizedWeight {
  const { rounding = 'nearest' } = settings;
  if (view === null || rounding === 'nearest') return applyQuantizers(weight, layout, quantizers, granularity);
  return roundWeight(weight, layout, quantizers, granularity, rounding, view);
}

/** `dw H dw^T` of the nearest levels, `[O]`. */
function nearestErrors(
  weight: Float32Array,
  layout: WeightLayout,
  quantizers: readonly Quantizer[],
  view: MomentsView,
): Float64Array {
  const errors = new Float64Array(layout.groups * layout.outputsPerGroup);
  const levels = quantizers.map(rowLevels);
  for (const block of momentBlocks(view.moments)) {
    const problem = new BlockProblem(weight, layout, view, block);
    problem.addNearestErrors((output) => levels[levels.length === 1 ? 0 : output]!, errors);
  }
  return errors;
}
