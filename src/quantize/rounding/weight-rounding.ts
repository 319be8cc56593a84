import type { WeightQuantizerSettings } from '../../experiment/sections/settings.js';
import { outputChannels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import { momentBlocks } from '../../records/moments-record.js';
import { applyQuantizers, type QuantizedWeight } from '../quantizers/fake-quantize-weight.js';
import type { Quantizer } from '../quantizers/quantizer.js';
import { weightQuantizers } from '../quantizers/weight-quantizers.js';
import { BlockProblem } from './block-problem.js';
import type { MomentsView } from './moment-matrix.js';
import type { RoundedBy, RoundingMemo } from './rounding-memo.js';
import { roundWeight } from './round-weight.js';
import { rowLevels } from './row-levels.js';

/** How the weight of one layer gets its ranges, and its numbers the levels in them. */
export interface WeightRounding extends RoundedBy {
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
    weightQuantizers(weight, layout, settings, (choices) => {
      const errors = nearestErrors(weight, layout, choices, view);
      if (outputFactors === null) return errors;
      return errors.map((own) => own.map((error, output) => error * outputFactors[output]! ** 2));
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

/** `dw H dw^T` of the nearest levels, `[O]`, of each choice of quantizers. */
function nearestErrors(
  weight: Float32Array,
  layout: WeightLayout,
  choices: readonly (readonly Quantizer[])[],
  view: MomentsView,
): readonly Float64Array[] {
  const errors = choices.map(() => new Float64Array(outputChannels(layout)));
  const levels = choices.map((quantizers) => quantizers.map(rowLevels));
  const perOutput = levels.map((own) => (output: number) => own[own.length === 1 ? 0 : output]!);
  for (const block of momentBlocks(view.moments)) {
    new BlockProblem(weight, layout, view, block).addNearestErrors(perOutput, errors);
  }
  return errors;
}
