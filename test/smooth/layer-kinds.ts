import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import type { NodeProto } from '../../src/onnx/proto/onnx_pb.js';
import { elementCount } from '../../src/onnx/tensor.js';
import { buildModel, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import type { Floats } from '../onnx/run-model.js';

export interface LayerKind {
  readonly title: string;
  readonly layer: NodeProto;
  readonly weightShape: readonly number[];
  readonly outputChannels: number;
  /** Of the input; batch first. */
  readonly dims: readonly number[];
  /** Axis of the input that holds the channels. */
  readonly channelAxis: number;
}

const group = (groups: number) => [intAttribute('group', groups)];

function kind(
  title: string,
  op: string,
  weightShape: readonly number[],
  outputChannels: number,
  dims: readonly number[],
  attributes = group(1),
): LayerKind {
  const inputs = op === 'MatMul' ? ['x', 'w'] : ['x', 'w', 'b'];
  const layer = node(op, inputs, 'y', attributes, 'layer');
  return { title, layer, weightShape, outputChannels, dims, channelAxis: op === 'MatMul' ? dims.length - 1 : 1 };
}

/** One layer of every kind that can be quantized. */
export const layerKinds: readonly LayerKind[] = [
  kind('Conv', 'Conv', [3, 4, 2, 2], 3, [2, 4, 5, 5]),
  kind(
    'strided and padded Conv',
    'Conv',
    [3, 4, 3, 3],
    3,
    [2, 4, 5, 5],
    [intsAttribute('strides', [2, 2]), intsAttribute('pads', [1, 1, 1, 1])],
  ),
  kind('grouped Conv', 'Conv', [6, 2, 2, 2], 6, [2, 4, 5, 5], group(2)),
  kind('depthwise Conv', 'Conv', [4, 1, 3, 3], 4, [2, 4, 5, 5], group(4)),
  kind('depthwise Conv with channel multiplier 2', 'Conv', [8, 1, 3, 3], 8, [2, 4, 5, 5], group(4)),
  kind('Conv of one input channel', 'Conv', [3, 1, 3, 3], 3, [2, 1, 5, 5]),
  kind('1-D Conv', 'Conv', [3, 4, 3], 3, [2, 4, 7]),
  kind('3-D Conv', 'Conv', [3, 4, 2, 2, 2], 3, [2, 4, 3, 4, 3]),
  kind('ConvTranspose', 'ConvTranspose', [4, 3, 2, 2], 3, [2, 4, 3, 3]),
  kind('grouped ConvTranspose', 'ConvTranspose', [4, 3, 2, 2], 6, [2, 4, 3, 3], group(2)),
  kind('Gemm', 'Gemm', [4, 3], 3, [2, 4], []),
  kind('Gemm with transB', 'Gemm', [3, 4], 3, [2, 4], [intAttribute('transB', 1)]),
  kind('MatMul of three dimensions', 'MatMul', [4, 3], 3, [2, 5, 4], []),
];

/** The kind as a model with random weights, fed `x`. */
export function modelOfKind(
  { layer, weightShape, outputChannels, dims }: LayerKind,
  seed: number,
  opset = 13,
): OnnxModel {
  return buildModel({
    nodes: [layer],
    inputs: [value('x', ['N', ...dims.slice(1)])],
    initializers: [
      tensor('w', weightShape, randomFloats(seed, elementCount(weightShape))),
      ...(layer.input.length > 2 ? [tensor('b', [outputChannels], randomFloats(seed + 1, outputChannels))] : []),
    ],
    opset,
  });
}

/** Random input whose channels differ in range: channel c is scaled by 10^c / 10. */
export function inputOfKind({ dims, channelAxis }: LayerKind, seed: number, samples = dims[0]!): Floats {
  const inner = elementCount(dims.slice(channelAxis + 1));
  const own = [samples, ...dims.slice(1)];
  const data = randomFloats(
    seed + 2,
    elementCount(own),
    (i) => 10 ** (Math.floor(i / inner) % dims[channelAxis]!) / 10,
  );
  return { data, dims: own };
}
