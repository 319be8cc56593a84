import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { applyEdits } from '../../../src/onnx/edits/edits.js';
import { prepareModel, type Preparation, type PreparedModel } from '../../../src/quantize/prepare-layers.js';
import type { TensorStatistics } from '../../../src/records/observation-record.js';
import { placeQuantizers } from '../../../src/targets/place-quantizers.js';
import { targets, type PlacingTargetName } from '../../../src/targets/registry.js';
import { statisticsOf } from '../../calibrate/observe-directly.js';
import { layersOf } from '../../onnx/build-model.js';
import { runModel, type Floats } from '../../onnx/run-model.js';
import { preparation } from '../preparations.js';

/** A model prepared as a target's rules place quantizers, with the ranges of one run. */
export async function placedByRules(
  model: OnnxModel,
  target: PlacingTargetName,
  feeds: Readonly<Record<string, Floats>>,
  float: readonly string[] = [],
): Promise<PreparedModel> {
  const { activations: storage, weights } = targets[target];
  const all = layersOf(model).filter(({ outputTensor }) => !float.includes(outputTensor));
  const wanted = { layers: new Set(all.map(({ outputTensor }) => outputTensor)), others: true };
  const { groups, quantizers, nodes } = placeQuantizers(model, targets[target], wanted);
  const runs = new Set(nodes.filter((node) => node.runs === 'quantize').map(({ node }) => node));
  const layers = all.filter(({ outputTensor }) => runs.has(outputTensor));
  const observed = new Set([...groups.flatMap((group) => group.observed), ...quantizers.map(({ tensor }) => tensor)]);
  for (const { inputTensor } of layers) observed.add(inputTensor);
  const values = await valuesOf(model, [...observed], feeds);
  const tensors = new Map([...observed].map((tensor) => [tensor, wholeTensor(tensor, values[tensor]!)]));
  const statistics = new Map(layers.map((layer) => [layer.name, statisticsOf(layer, values[layer.inputTensor]!)]));
  const settings: Preparation = preparation(8, null, weights.granularities[0]);
  const { activation, weight } = settings.quantization;
  return prepareModel(model, layers, statistics, {
    ...settings,
    quantization: {
      ...settings.quantization,
      activation: { ...activation, scheme: storage.schemes[0] },
      weight: { ...weight, narrowRange: weights.narrowRange },
    },
    placed: { target, others: true, tensors },
  });
}

/** Of one channel. */
function wholeTensor(tensor: string, { data }: Floats): TensorStatistics {
  const [low, high] = data.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const absmax = Math.max(Math.abs(low), Math.abs(high));
  const one = (value: number): Float64Array => Float64Array.of(value);
  return { tensor, min: one(low), max: one(high), absmax: one(absmax), histograms: null };
}

async function valuesOf(
  model: OnnxModel,
  tensors: readonly string[],
  feeds: Readonly<Record<string, Floats>>,
): Promise<Readonly<Record<string, Floats>>> {
  const computed = tensors.filter((name) => !Object.hasOwn(feeds, name));
  if (computed.length === 0) return feeds;
  return { ...feeds, ...(await runModel(applyEdits(model, [{ kind: 'setOutputs', tensors: computed }]), feeds)) };
}
