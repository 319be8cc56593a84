import { readIntsAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';

/** Operators that take axis 1 of their input for channels, whatever comes after. */
const CHANNELS_ON_AXIS_1: ReadonlySet<string> = new Set([
  ...['Conv', 'ConvTranspose', 'ConvInteger', 'QLinearConv', 'BatchNormalization', 'InstanceNormalization'],
  ...['MaxPool', 'AveragePool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'LRN', 'DepthToSpace', 'SpaceToDepth'],
]);

/** Operators that leave each axis where it is. */
const SAME_AXES: ReadonlySet<string> = new Set([
  ...[
    'Identity',
    'Cast',
    'Relu',
    'LeakyRelu',
    'PRelu',
    'Sigmoid',
    'Tanh',
    'HardSwish',
    'Clip',
    'Neg',
    'Abs',
    'Sqrt',
    'Pow',
  ],
  ...['Add', 'Sub', 'Mul', 'Div', 'Pad', 'Slice', 'Split', 'Concat', 'Resize', 'Upsample', 'Dropout'],
  ...['QuantizeLinear', 'DequantizeLinear', 'FakeQuantize', 'Exp', 'Log', 'Min', 'Max', 'Round', 'Floor'],
]);

/**
 * Which axes of an input the model takes for channels: followed from the input through operators
 * that keep or permute axes to those that know channels, convolutions above all. Empty where none
 * is reached, as in a network that flattens first.
 *
 * @param rank of the input, batch axis included
 * @returns axes of the input, ascending; 1 for channels first
 */
export function inputChannelAxes(model: OnnxModel, input: string, rank: number): readonly number[] {
  const found = new Set<number>();
  const seen = new Set<string>();
  const waiting = [{ tensor: input, axes: Array.from({ length: rank }, (_, axis) => axis) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { tensor, axes } = next;
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    for (const { node, index } of model.index.consumers.get(tensor) ?? []) {
      // Data is the first input of all but sums and the like; what is inside a subgraph is not
      // followed.
      if (index < 0) continue;
      if (CHANNELS_ON_AXIS_1.has(node.opType)) {
        if (index === 0 && axes.length >= 3) found.add(axes[1]!);
        continue;
      }
      const after = axesAfter(node, axes, index);
      if (after === null) continue;
      for (const output of node.output) if (output !== '') waiting.push({ tensor: output, axes: after });
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Which axis of the input each axis of the node's outputs is; null where that is not followed. */
function axesAfter(node: NodeProto, axes: readonly number[], index: number): number[] | null {
  if (node.opType === 'Transpose') {
    const permutation = readIntsAttribute(node, 'perm') ?? axes.map((_, axis) => axes.length - 1 - axis);
    return permutation.length === axes.length ? permutation.map((axis) => axes[axis]!) : null;
  }
  const isElementwise = ['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Concat'].includes(node.opType);
  return SAME_AXES.has(node.opType) && (index === 0 || isElementwise) ? [...axes] : null;
}
