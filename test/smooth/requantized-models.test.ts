import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/onnx/edits/edits.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { decodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import { elementCount } from '../../src/onnx/tensor.js';
import { smoothLayers } from '../../src/smooth/smooth-layers.js';
import type { SmoothedModel } from '../../src/smooth/smoothed-model.js';
import { statisticsOf } from '../calibrate/observe-directly.js';
import { layersOf } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, type Floats } from '../onnx/run-model.js';

/** Real models beside the project; skipped where they are not. */
const folder = new URL('../../../shared/models/', import.meta.url);

interface RealModel {
  readonly file: string;
  readonly dims: readonly number[];
  /** How many layers get which form beside onnxruntime-cpu. */
  readonly forms: Readonly<Record<string, number>>;
}

const models: readonly RealModel[] = [
  { file: 'cifar10-resnet20.onnx', dims: [2, 3, 32, 32], forms: { requantize: 19, channelQuantize: 1 } },
  { file: 'cifar10-resnet20-bn.onnx', dims: [2, 3, 32, 32], forms: { requantize: 19, channelQuantize: 1 } },
  {
    file: 'cifar10-mobilenetv2.onnx',
    dims: [2, 3, 32, 32],
    forms: { requantize: 9, channelQuantize: 1, depthwise: 18, none: 1 },
  },
  { file: 'cifar10-mobilenetv2-skewed.onnx', dims: [2, 3, 32, 32], forms: { requantize: 28, channelQuantize: 1 } },
  { file: 'bev-centerpoint-small.onnx', dims: [2, 8, 64, 64], forms: { requantize: 12, depthwise: 1 } },
  { file: 'public/ultraface-rfb-320.onnx', dims: [1, 3, 240, 320], forms: { requantize: 51, channelQuantize: 1 } },
  {
    file: 'public/ppocr-angle-cls.onnx',
    dims: [1, 3, 48, 192],
    forms: { requantize: 25, channelQuantize: 1, depthwise: 27, none: 1 },
  },
];

describe.each(models)('$file, requantized', ({ file, dims, forms }) => {
  it.skipIf(!existsSync(new URL(file, folder)))('divides the tensors that it says, and computes FP32', async () => {
    const model = foldBatchNorm(decodeModel(readFileSync(new URL(file, folder)))).model;
    const [input] = model.index.inputs;
    const x = { data: randomFloats(7, elementCount(dims)), dims };
    const { smoothed, values } = await smooth(model, input!, x);
    const counts: Record<string, number> = {};
    for (const { apply } of smoothed.layers) counts[apply] = (counts[apply] ?? 0) + 1;
    expect(counts).toEqual(forms);
    const factors = smoothed.tensorFactors!;
    const actual = await tensorsOf(smoothed.base, [...factors.keys()], { [input!]: x });
    for (const [tensor, s] of factors) {
      const error = worstError(values[tensor]!, actual[tensor]!, s);
      expect(error, tensor).toBeLessThan(1e-4);
    }
  });
});

async function smooth(
  model: OnnxModel,
  input: string,
  x: Floats,
): Promise<{ readonly smoothed: SmoothedModel; readonly values: Readonly<Record<string, Floats>> }> {
  const layers = layersOf(model);
  const tensors = model.graph.node.flatMap(({ output }) => output.filter((name) => name !== ''));
  const computed = tensors.filter((name) => layers.some(({ inputTensor }) => inputTensor === name));
  const found = { [input]: x, ...(await tensorsOf(model, computed, { [input]: x })) };
  const statistics = new Map(layers.map((layer) => [layer.name, statisticsOf(layer, found[layer.inputTensor]!)]));
  const how = { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'requantize' } as const;
  const smoothed = smoothLayers(model, layers, statistics, how, () => 0.5, 'onnxruntime-cpu');
  const values = await tensorsOf(model, [...(smoothed.tensorFactors ?? new Map()).keys()], { [input]: x });
  return { smoothed, values };
}

function tensorsOf(
  model: OnnxModel,
  tensors: readonly string[],
  feeds: Readonly<Record<string, Floats>>,
): Promise<Readonly<Record<string, Floats>>> {
  return runModel(applyEdits(model, [{ kind: 'setOutputs', tensors }]), feeds);
}

/** Largest difference of FP32's tensor from the divided one times s, relative to FP32's absmax. */
function worstError(expected: Floats, divided: Floats, s: Float32Array): number {
  // Channels lie on axis 1, but of NHWC tensors and matrices on the last.
  const axis = expected.dims[1] === s.length ? 1 : expected.dims.length - 1;
  const inner = elementCount(expected.dims.slice(axis + 1));
  let [error, absmax] = [0, 0];
  for (const [i, value] of expected.data.entries()) {
    const channel = Math.floor(i / inner) % s.length;
    error = Math.max(error, Math.abs(divided.data[i]! * s[channel]! - value));
    absmax = Math.max(absmax, Math.abs(value));
  }
  return error / absmax;
}
