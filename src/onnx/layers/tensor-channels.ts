import { firstOutput } from '../graph-index.js';
import { readIntAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { Layer } from './layers.js';

/** What is known of a tensor's shape: its channels lie on axis 1, of a matrix on the last. */
export interface TensorChannels {
  readonly channels: number;
  readonly rank: number;
}

/** Operators whose output has the channels and the rank of their first input, and the reverse. */
const SAME = new Set(
  (
    'Relu Clip LeakyRelu PRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Mish Gelu Erf Abs ' +
    'Neg Sqrt Exp Log Identity Dropout Softmax LogSoftmax BatchNormalization InstanceNormalization MaxPool AveragePool ' +
    'GlobalAveragePool GlobalMaxPool LpPool Resize Upsample QuantizeLinear DequantizeLinear Cast'
  ).split(' '),
);

/** Operators on tensors of one shape, one of which may be constant or spread over others. */
const ELEMENTWISE = new Set('Add Sub Mul Div Max Min Sum Mean'.split(' '));

/**
 * Channels and rank of the tensors around layers, as far as they follow from the layers' weights:
 * nothing is run, and no shape need be stated.
 */
export function tensorChannels(model: OnnxModel, layers: readonly Layer[]): ReadonlyMap<string, TensorChannels> {
  const known = new Map<string, TensorChannels>();
  const learn = (tensor: string | undefined, what: TensorChannels | undefined): boolean => {
    if (tensor === undefined || tensor === '' || what === undefined || known.has(tensor)) return false;
    if (model.index.initializers.has(tensor)) return false;
    known.set(tensor, what);
    return true;
  };
  for (const { inputTensor, outputTensor, inputChannels, outputChannels, inputRank } of layers) {
    if (inputRank === null) continue;
    learn(inputTensor, { channels: inputChannels, rank: inputRank });
    learn(outputTensor, { channels: outputChannels, rank: inputRank });
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const node of model.graph.node) changed = learnFrom(node, known, learn) || changed;
    // What follows backwards is mostly near the end of the graph.
    for (const node of [...model.graph.node].reverse()) changed = learnFrom(node, known, learn) || changed;
  }
  return known;
}

function learnFrom(
  node: NodeProto,
  known: ReadonlyMap<string, TensorChannels>,
  learn: (tensor: string | undefined, what: TensorChannels | undefined) => boolean,
): boolean {
  const output = firstOutput(node);
  const [input = ''] = node.input;
  if (SAME.has(node.opType)) {
    const there = learn(output, known.get(input));
    return learn(input, known.get(output)) || there;
  }
  if (ELEMENTWISE.has(node.opType)) return learn(output, widest(node.input.map((name) => known.get(name))));
  if (node.opType === 'Concat') return learn(output, joined(node, known));
  if (node.opType === 'Pad') return learn(output, known.get(input));
  return false;
}

/**
 * Where one operand is spread over another the output has the larger rank and channels; all must be
 * known for that, or one with more than one channel.
 */
function widest(operands: readonly (TensorChannels | undefined)[]): TensorChannels | undefined {
  const given = operands.filter((each) => each !== undefined);
  const [first] = given;
  if (first === undefined) return undefined;
  const widest = given.reduce((a, b) => (b.channels > a.channels ? b : a));
  return given.every(({ rank }) => rank === first.rank) && widest.channels > 1 ? widest : undefined;
}

function joined(node: NodeProto, known: ReadonlyMap<string, TensorChannels>): TensorChannels | undefined {
  const parts = node.input.map((name) => known.get(name));
  const [first] = parts;
  if (first === undefined || parts.some((part) => part?.rank !== first.rank)) return undefined;
  const axis = readIntAttribute(node, 'axis', 1);
  if ((axis < 0 ? axis + first.rank : axis) !== 1) return first;
  return { rank: first.rank, channels: parts.reduce((sum, part) => sum + part!.channels, 0) };
}
