import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { momentsOfSums } from '../../../src/calibrate/moments/moment-sums.js';
import { readIntsAttribute } from '../../../src/onnx/node.js';
import { decodeModel } from '../../../src/onnx/onnx-model.js';
import { layersOf } from '../../onnx/build-model.js';
import { activations } from '../observe-directly.js';
import { literalMoments, literalUnfolding } from './literal-moments.js';
import { momentSums } from './run-moments.js';
import type { Floats } from '../../onnx/run-model.js';

const shared = (path: string): string => fileURLToPath(new URL(`../../../../shared/${path}`, import.meta.url));
const [modelPath, dataPath] = [shared('models/cifar10-resnet20.onnx'), shared('data/cifar10/data_batch_1.bin')];
const isHere = existsSync(modelPath) && existsSync(dataPath);

/** Of a record: a label, then a picture of three channels. */
function pictures(count: number): Float32Array {
  const bytes = readFileSync(dataPath);
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  return Float32Array.from({ length: count * 3072 }, (_, i) => {
    const channel = Math.floor((i % 3072) / 1024);
    return (bytes[Math.floor(i / 3072) * 3073 + 1 + (i % 3072)]! / 255 - mean[channel]!) / std[channel]!;
  });
}

it.skipIf(!isHere)('moments of real layers equal those of plain loops (needs ../shared)', async () => {
  const model = decodeModel(readFileSync(modelPath));
  const input = model.graph.input[0]!.name;
  const layers = layersOf(model);
  const samples = 2;
  const x: Floats = { data: pictures(samples), dims: [samples, 3, 32, 32] };
  const record = momentsOfSums(await momentSums(model, x, [samples], {}, input));
  // The first, a strided one behind it, one of the last stage, and the classifier.
  const strided = layers.findIndex((layer) => {
    const strides = readIntsAttribute(model.index.producers.get(layer.outputTensor)!, 'strides');
    return strides !== null && strides[0] === 2;
  });
  for (const index of [0, strided, layers.length - 2, layers.length - 1]) {
    const layer = layers[index]!;
    const node = model.index.producers.get(layer.outputTensor)!;
    const tensors = await activations(model, [layer.inputTensor, layer.outputTensor], x, input);
    const pads = readIntsAttribute(node, 'pads') ?? [0, 0];
    const window = {
      strides: readIntsAttribute(node, 'strides') ?? [1, 1],
      padsBefore: pads.slice(0, 2),
      outputSize: tensors[layer.outputTensor]!.dims.slice(2),
    };
    const u = tensors[layer.inputTensor]!;
    const expected = literalMoments(layer, literalUnfolding(layer, u, window), u);
    const { products, means } = record.layers[index]!;
    const scale = expected.products.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const worst = products.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.products[i]!)), 0);
    expect(worst / scale, layer.name).toBeLessThan(2e-6);
    means.forEach((mean, i) => {
      expect(Math.abs(mean - expected.means[i]!), layer.name).toBeLessThan(2e-6 * Math.sqrt(scale));
    });
  }
});
