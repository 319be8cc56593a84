import { floatAttribute, intAttribute, intsAttribute } from '../../src/onnx/node.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import type { NodeProto, TensorProto } from '../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { buildModel, node, tensor, value } from '../onnx/build-model.js';
import { pseudoRandom, randomFloats } from '../onnx/pseudo-random.js';

/**
 * A random network on `x: [N, 4, 6, 6]`: convolutions (grouped, depthwise, transposed), operators
 * that scaling passes and some that it does not, a branch of two readers that are added, pooling,
 * Gemm and MatMul. Channels differ in range.
 */
export function randomNetwork(seed: number): OnnxModel {
  const next = pseudoRandom(seed);
  for (let i = 0; i < 4; i++) next();
  const pick = <T>(values: readonly T[]): T => values[Math.floor(((next() + 1) / 2) * values.length)]!;
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let count = 0;
  const constant = (dims: readonly number[], values?: Iterable<number>): string => {
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
  const bias = (channels: number): string[] => (pick([true, false]) ? [constant([channels])] : []);
  const layer = (input: string, channels: number): { tensor: string; channels: number } => {
    const same = [intAttribute('group', 1), intsAttribute('pads', [1, 1, 1, 1])];
    switch (pick(['conv', 'grouped', 'depthwise', 'multiplied', 'transposed', 'groupedTransposed'])) {
      case 'conv':
        return { tensor: add('Conv', [input, constant([6, channels, 3, 3]), ...bias(6)], same), channels: 6 };
      case 'grouped':
        return {
          tensor: add('Conv', [input, constant([4, channels / 2, 1, 1]), ...bias(4)], [intAttribute('group', 2)]),
          channels: 4,
        };
      case 'depthwise':
      case 'multiplied': {
        const outputs = channels * (channels === 4 ? 2 : 1);
        const attributes = [intAttribute('group', channels), intsAttribute('pads', [1, 1, 1, 1])];
        return {
          tensor: add('Conv', [input, constant([outputs, 1, 3, 3]), ...bias(outputs)], attributes),
          channels: outputs,
        };
      }
      case 'transposed':
        return { tensor: add('ConvTranspose', [input, constant([channels, 4, 1, 1]), ...bias(4)]), channels: 4 };
      default: {
        const attributes = [intAttribute('group', 2)];
        return {
          tensor: add('ConvTranspose', [input, constant([channels, 2, 1, 1]), ...bias(4)], attributes),
          channels: 4,
        };
      }
    }
  };
  const between = (input: string, channels: number): string => {
    switch (
      pick(['Relu', 'LeakyRelu', 'PRelu', 'MaxPool', 'AveragePool', 'Pad', 'Identity', 'Clip', 'Sigmoid', 'none'])
    ) {
      case 'LeakyRelu':
        return add('LeakyRelu', [input], [floatAttribute('alpha', 0.2)]);
      case 'PRelu':
        return add('PRelu', [input, constant([channels, 1, 1])]);
      case 'MaxPool':
        return add('MaxPool', [input], [intsAttribute('kernel_shape', [3, 3]), intsAttribute('pads', [1, 1, 1, 1])]);
      case 'AveragePool':
        return add(
          'AveragePool',
          [input],
          [
            intsAttribute('kernel_shape', [3, 3]),
            intsAttribute('pads', [1, 1, 1, 1]),
            intAttribute('count_include_pad', 1),
          ],
        );
      case 'Clip':
        return add('Clip', [input, constant([], [-0.5]), constant([], [0.5])]);
      case 'Pad':
        initializers.push(int64Tensor(`p${count}`, [0, 0, 1, 0, 0, 0, 0, 1]));
        return add('Pad', [input, `p${count}`]);
      case 'Sigmoid':
        return add('Sigmoid', [input]);
      case 'Identity':
        return add('Identity', [input]);
      case 'none':
        return input;
      default:
        return add('Relu', [input]);
    }
  };
  let current = { tensor: 'x', channels: 4 };
  for (let depth = 0; depth < 4; depth++) {
    const made = layer(current.tensor, current.channels);
    current = { ...made, tensor: between(made.tensor, made.channels) };
  }
  if (pick([true, false])) {
    const { tensor: shared, channels } = current;
    const left = add('Conv', [shared, constant([4, channels, 1, 1]), ...bias(4)]);
    const right = add('ConvTranspose', [add('Relu', [shared]), constant([channels, 4, 1, 1])]);
    current = { tensor: add('Relu', [add('Add', [left, right])]), channels: 4 };
  }
  const pooled = add('Flatten', [add('GlobalAveragePool', [current.tensor])]);
  const gemm = add('Gemm', [pooled, constant([5, current.channels]), constant([5])], [intAttribute('transB', 1)]);
  const relu = add('LeakyRelu', [gemm], [floatAttribute('alpha', 0.3)]);
  nodes.push(node('MatMul', [relu, constant([5, 3])], 'y'));
  return buildModel({ nodes, inputs: [value('x', ['N', 4, 6, 6])], initializers });
}
