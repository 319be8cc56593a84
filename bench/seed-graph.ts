import { writeFileSync } from 'node:fs';
import { createRandomStream } from '../src/formats/synthetic/random-stream.js';
import { openDataset } from '../src/formats/open-dataset.js';
import { intsAttribute } from '../src/onnx/node.js';
import type { NodeProto, TensorProto } from '../src/onnx/proto/onnx_pb.js';
import { elementCount } from '../src/onnx/tensor.js';
import { npyArray } from '../test/formats/npy-bytes.js';
import { modelBytes, node, tensor, value } from '../test/onnx/build-model.js';

/** Samples of a batch, which the graph fixes. */
export const SEED_BATCH = 4;
/** Channels, rows and columns of one sample: what a detector's head sees of a bird's-eye view. */
const sampleShape = [256, 182, 182] as const;
const CLASSES = 10;

/**
 * Output channels and kernel size of the head's convolutions, in graph order; a ReLU is behind all
 * but the last.
 */
const convolutions = [
  { name: 'squeeze', channels: 64, kernel: 1 },
  { name: 'expand', channels: 256, kernel: 1 },
  { name: 'shared', channels: 64, kernel: 3 },
  { name: 'heatmap', channels: CLASSES, kernel: 3 },
] as const;

/** Weights of variance 2 / fan-in, so that activations neither grow nor fade. */
function weight(name: string, [output, input, kernel]: readonly [number, number, number], seed: number): TensorProto {
  const random = createRandomStream(seed, 0);
  const shape = [output, input, kernel, kernel];
  const deviation = Math.sqrt(2 / (input * kernel * kernel));
  return tensor(
    name,
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => deviation * random.bell()),
  );
}

/**
 * Writes a head of 1x1 and 3x3 convolutions whose inputs are [4, 256, 182, 182] and [4, 64, 182,
 * 182].
 */
export function writeSeedModel(path: string): void {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let [tensorName, channels]: [string, number] = ['input', sampleShape[0]];
  for (const [index, { name, channels: output, kernel }] of convolutions.entries()) {
    const weightName = `${name}.weight`;
    initializers.push(weight(weightName, [output, channels, kernel], index + 1));
    const pads = intsAttribute(
      'pads',
      Array.from({ length: 4 }, () => (kernel - 1) / 2),
    );
    nodes.push(node('Conv', [tensorName, weightName], name, [intsAttribute('kernel_shape', [kernel, kernel]), pads]));
    [tensorName, channels] = [`${name}/active`, output];
    const isLast = index === convolutions.length - 1;
    nodes.push(node(isLast ? 'Sigmoid' : 'Relu', [name], isLast ? 'heatmaps' : tensorName));
  }
  const inputs = [value('input', [SEED_BATCH, ...sampleShape])];
  writeFileSync(path, modelBytes({ nodes, initializers, inputs, outputs: ['heatmaps'], opset: 17 }));
}

/**
 * Writes random samples, some channels of which are far larger than others, and a ground truth of
 * one object a scene. They are drawn once, since drawing them takes about as long as running the
 * graph on them.
 */
export async function writeSeedData(samplesPath: string, groundTruthPath: string, count: number): Promise<void> {
  const channelScales = { 7: 30, 91: 40, 200: 25 };
  const dataset = await openDataset(
    { format: 'synthetic', shape: [...sampleShape], distribution: 'halfNormal', channelScales, seed: 5, count },
    { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null },
  );
  const samples = new Float32Array(count * elementCount(sampleShape));
  await dataset.read(0, count, samples);
  dataset.close();
  writeFileSync(samplesPath, npyArray('<f4', [count, ...sampleShape], samples));
  const [, rows, columns] = sampleShape;
  const scenes = Array.from({ length: count }, (_, id) => ({ id, objects: [{ class: id % CLASSES, x: 90, y: 90 }] }));
  const classes = Array.from({ length: CLASSES }, (_, index) => `class ${index}`);
  writeFileSync(groundTruthPath, JSON.stringify({ classes, grid: [rows, columns], scenes }));
}
