import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { prepareModel, type Preparation, type PreparedModel } from '../../../src/quantize/prepare-layers.js';
import type { TensorStatistics } from '../../../src/records/observation-record.js';
import { findComputedTensors } from '../../../src/targets/computed-tensors.js';
import { targets, type PlacingTargetName } from '../../../src/targets/registry.js';
import { activations, observeDirectly } from '../../calibrate/observe-directly.js';
import { layersOf } from '../../onnx/build-model.js';
import type { Floats } from '../../onnx/run-model.js';
import { preparation } from '../preparations.js';

/**
 * A model with quantizers where its target's rules put them, their ranges those of one batch.
 *
 * @param float names of layers that stay in float
 */
export async function preparedForTarget(
  base: OnnxModel,
  target: PlacingTargetName,
  x: Floats,
  float: readonly string[] = [],
  smoothing: Preparation['smoothing'] = preparation(8, null).smoothing,
  others = true,
): Promise<PreparedModel> {
  const layers = layersOf(base).filter(({ name }) => !float.includes(name));
  const { activations: own, weights } = targets[target];
  const { quantization, ...more } = preparation(8, smoothing.alpha);
  const computed = findComputedTensors(base);
  const names = [...base.index.inputs, ...computed.nodes.flatMap((node) => computed.outputs(node))];
  const values = await activations(base, names, x);
  const tensors = new Map(Object.entries(values).map(([tensor, { data }]) => [tensor, statisticsOf(tensor, data)]));
  return prepareModel(base, layers, await observeDirectly(base, layers, x), {
    ...more,
    smoothing,
    quantization: {
      ...quantization,
      activation: { ...quantization.activation, scheme: own.schemes[0] },
      weight: { ...quantization.weight, scheme: weights.schemes[0], narrowRange: weights.narrowRange },
    },
    placed: { target, others, tensors },
  });
}

/** Of all channels as one. */
function statisticsOf(tensor: string, data: Float32Array): TensorStatistics {
  const min = data.reduce((least, value) => Math.min(least, value), Infinity);
  const max = data.reduce((most, value) => Math.max(most, value), -Infinity);
  return {
    tensor,
    min: Float64Array.of(min),
    max: Float64Array.of(max),
    absmax: Float64Array.of(Math.max(-min, max)),
    histograms: null,
  };
}
