import { floatAttribute, intAttribute, intsAttribute } from '../../src/onnx/node.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import type { NodeProto, TensorProto } from '../../src/onnx/proto/onnx_pb.js';
import { buildModel, node, tensor, value } from '../onnx/build-model.js';
import { pseudoRandom, randomFloats } from '../onnx/pseudo-random.js';

/**
 * A random network on `x: [N, 4, 6, 6]` of residual branches, concatenations, pooling, resizing and
 * added constants, which ends in Flatten and Gemm. Some tensors are blocked: by Sigmoid, Clip or an
 * output of the model. Channels differ in range.
 */
export function randomResidualNetwork(seed: number): OnnxModel {
  const next = pseudoRandom(seed);
  for (let i = 0; i < 4; i++) next();
  const pick = <T>(values: readonly T[]): T => values[Math.floor(((next() + 1) / 2) * values.length)]!;
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let count = 0;
  const constant = (dims: readonly number[], values?: readonly number[]): string => {
    const name = `w${count++}`;
    const size = dims.reduce((a, b) => a * b, 1);
    const spread = randomFloats(seed + 99 * count, size);
    const own = values ?? spread.map((v, i) => v * 4 ** spread[Math.floor(i / Math.max(1, size / dims[0]!))]!);
    initializers.push(tensor(name, dims, own));
    return name;
  };
  const add = (op: string, inputs: readonly string[], attributes: Parameters<typeof node>[3] = []): string => {
    const output = `t${count++}`;
    nodes.push(node(op, inputs, output, attributes));
    return output;
  };
  const same = [intsAttribute('pads', [1, 1, 1, 1])];
  const convolve = (input: string, channels: number, outputs: number): string => {
    const bias = pick([true, false]) ? [constant([outputs])] : [];
    if (outputs === channels && pick([true, false, false])) {
      return add('Conv', [input, constant([outputs, 1, 3, 3]), ...bias], [intAttribute('group', channels), ...same]);
    }
    return add('Conv', [input, constant([outputs, channels, 3, 3]), ...bias], same);
  };
  const between = (input: string, channels: number): string => {
    switch (pick(['Relu', 'LeakyRelu', 'PRelu', 'MaxPool', 'AveragePool', 'Resize', 'constant', 'Sigmoid', 'Clip'])) {
      case 'LeakyRelu':
        return add('LeakyRelu', [input], [floatAttribute('alpha', 0.2)]);
      case 'PRelu':
        return add('PRelu', [input, constant([channels, 1, 1])]);
      case 'MaxPool':
        return add('MaxPool', [input], [intsAttribute('kernel_shape', [3, 3]), ...same]);
      case 'AveragePool':
        return add('AveragePool', [input], [intsAttribute('kernel_shape', [3, 3]), ...same]);
      case 'Resize': {
        const larger = add('Resize', [input, '', constant([4], [1, 1, 2, 2])]);
        return add('MaxPool', [larger], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]);
      }
      case 'constant':
        return add('Add', [input, constant(pick([[channels, 1, 1], [1], [1, channels, 1, 1], [6, 6]]))]);
      case 'Sigmoid':
        return add('Sigmoid', [input]);
      case 'Clip':
        return add('Clip', [input, constant([], [-1]), constant([], [1])]);
      default:
        return add('Relu', [input]);
    }
  };
  let current = { tensor: between(convolve('x', 4, 4), 4), channels: 4 };
  for (let depth = 0; depth < 3; depth++) {
    const { tensor: trunk, channels } = current;
    const branch = convolve(between(convolve(trunk, channels, 5), 5), 5, channels);
    if (pick([true, true, false])) current = { tensor: add(pick(['Add', 'Sub']), [branch, trunk]), channels };
    else {
      const joined = add('Concat', [trunk, branch], [intAttribute('axis', 1)]);
      current = { tensor: joined, channels: 2 * channels };
    }
    current = { ...current, tensor: between(current.tensor, current.channels) };
  }
  const pooled = add(
    'MaxPool',
    [current.tensor],
    [intsAttribute('kernel_shape', [3, 3]), intsAttribute('strides', [3, 3])],
  );
  const flat = add('Flatten', [pooled]);
  const gemm = add('Gemm', [flat, constant([5, 4 * current.channels]), constant([5])], [intAttribute('transB', 1)]);
  nodes.push(node('MatMul', [add('Relu', [gemm]), constant([5, 3])], 'y'));
  return buildModel({ nodes, inputs: [value('x', ['N', 4, 6, 6])], initializers });
}
