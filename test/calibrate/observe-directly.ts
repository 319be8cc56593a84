import type { InputStatistics } from '../../src/records/observation-record.js';
import { applyEdits } from '../../src/onnx/edits/edits.js';
import type { Layer } from '../../src/onnx/layers/layers.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { elementCount } from '../../src/onnx/tensor.js';
import { runModel, type Floats } from '../onnx/run-model.js';

/** Statistics of activations by plain loops, for the tests to compare with. */
export function statisticsOf(layer: Layer, { data, dims }: Floats): InputStatistics {
  const channels = layer.inputChannels;
  const axis = layer.inputRank === null ? dims.length - 1 : 1;
  const inner = elementCount(dims.slice(axis + 1));
  const min = new Float64Array(channels).fill(Infinity);
  const max = new Float64Array(channels).fill(-Infinity);
  const absmax = new Float64Array(channels);
  const absmaxView = new Float64Array(channels);
  for (const [i, x] of data.entries()) {
    const c = Math.floor(i / inner) % channels;
    min[c] = Math.min(min[c]!, x);
    max[c] = Math.max(max[c]!, x);
    absmax[c] = Math.max(absmax[c]!, Math.abs(x));
    absmaxView[i % channels] = Math.max(absmaxView[i % channels]!, Math.abs(x));
  }
  return { layer: layer.name, min, max, absmax, absmaxView, histograms: null };
}

/** Values of any tensors of the model. */
export async function activations(
  model: OnnxModel,
  tensors: readonly string[],
  x: Floats,
  input = 'x',
): Promise<Readonly<Record<string, Floats>>> {
  const computed = [...new Set(tensors)].filter((name) => name !== input);
  const fed = { [input]: x };
  if (computed.length === 0) return fed;
  return { ...fed, ...(await runModel(applyEdits(model, [{ kind: 'setOutputs', tensors: computed }]), fed)) };
}

/** Statistics of every layer's input by layer name. */
export async function observeDirectly(
  model: OnnxModel,
  layers: readonly Layer[],
  x: Floats,
): Promise<ReadonlyMap<string, InputStatistics>> {
  const values = await activations(
    model,
    layers.map((l) => l.inputTensor),
    x,
  );
  return new Map(layers.map((l) => [l.name, statisticsOf(l, values[l.inputTensor]!)]));
}
