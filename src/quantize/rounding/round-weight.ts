import type { WeightQuantizerSettings } from '../../experiment/sections/settings.js';
import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import { momentBlocks } from '../../records/moments-record.js';
import { applyQuantizers, type QuantizedWeight } from '../quantizers/fake-quantize-weight.js';
import type { Quantizer } from '../quantizers/quantizer.js';
import { BlockProblem } from './block-problem.js';
import type { MomentsView } from './moment-matrix.js';
import { rowLevels } from './row-levels.js';

/**
 * Quantizes and dequantizes a weight by second moments of the layer's input: the levels of its
 * quantizers that make the least error `dw H dw^T` in the layer's output, as GPTQ and coordinate
 * descent find them. An output channel for which they find nothing better than the nearest levels
 * has these, and so have the weights of dead inputs. Products across blocks of moments count as 0.
 * Values are `integer * scale` in float32, as DequantizeLinear gives them.
 *
 * @param weight `W * s`
 * @param quantizers one per output channel, or a single one when per tensor
 * @throws NonFiniteError for moments that are not finite
 */
export function roundWeight(
  weight: Float32Array,
  layout: WeightLayout,
  quantizers: readonly Quantizer[],
  granularity: WeightQuantizerSettings['granularity'],
  rounding: 'gptq' | 'gptq-descent',
  view: MomentsView,
): QuantizedWeight {
  const nearest = applyQuantizers(weight, layout, quantizers, granularity);
  const levels = quantizers.map(rowLevels);
  const perChannel = granularity === 'channel';
  for (const block of momentBlocks(view.moments)) {
    const problem = new BlockProblem(weight, layout, view, block);
    problem.round(rounding, (output) => levels[perChannel ? output : 0]!, nearest.values);
  }
  return nearest;
}
