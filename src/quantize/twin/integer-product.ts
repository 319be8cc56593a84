import { visitKernels } from '../../onnx/layers/weight-layout.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { copyNode } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { boundedParts, type ChannelRange } from './bounded-parts.js';
import { integerSum } from './integer-sum.js';
import type { IntegerWeight } from './integer-weight.js';
import { saturationExcess } from './saturation.js';
import { slice } from './slice.js';
import type { TwinGraph, TwinQuantizer } from './twin-graph.js';

/**
 * `float32(sum((a - z) * w) + bias)` of a Conv, Gemm or MatMul, as float operators of integers that
 * float32 holds exactly in any order of addition.
 *
 * @returns the tensor's name
 */
export function integerProduct(twin: TwinGraph, node: NodeProto, input: TwinQuantizer, weight: IntegerWeight): string {
  const name = twin.nameOf(firstOutput(node));
  const { qmin, qmax, zeroPoint } = input.quantizer;
  const { ranges, holdsBias } = boundedParts(weight, qmin - zeroPoint, qmax - zeroPoint);
  const [first, ...negatives] = ranges.map((range, index) => {
    const bias = index === 0 && holdsBias ? weight.bias : null;
    return writePart(
      twin,
      node,
      twin.steps(input),
      weight,
      { range, bias, negative: index > 0 },
      `${name}/part/${index}`,
    );
  });
  const constant = holdsBias || weight.bias === null ? null : { values: weight.bias, dims: channelShape(node, weight) };
  const excess = twin.target.saturates ? saturationExcess(twin, node, input, weight, `${name}/excess`) : [];
  return integerSum(twin, { first: first!, negatives: [...negatives, ...excess], constant }, `${name}/sum`);
}

/** `[O, 1, ...]`: broadcasts a vector over the output channels. */
export function channelShape(node: NodeProto, { shape, scales, bias }: IntegerWeight): readonly number[] {
  const trailing = node.opType === 'Conv' ? shape.length - 2 : 0;
  return [bias?.length ?? scales.length, ...new Array<number>(trailing).fill(1)];
}

interface Part {
  readonly range: ChannelRange;
  readonly bias: Int32Array | null;
  readonly negative: boolean;
}

function writePart(
  twin: TwinGraph,
  node: NodeProto,
  steps: string,
  weight: IntegerWeight,
  { range, bias, negative }: Part,
  output: string,
): string {
  const { patch } = twin;
  const { layout, values, shape } = weight;
  const isWhole = range.start === 0 && range.end === layout.inputsPerGroup;
  const isSliced = !isWhole && layout.groups === 1;
  const axis = inputAxis(node, weight);
  const own = isWhole ? values : isSliced ? sliced(values, shape, axis, range) : masked(weight, range);
  const dims = isSliced ? shape.map((size, a) => (a === axis ? range.end - range.start : size)) : shape;
  const signed = Float32Array.from(own, (value) => (negative ? 0 - value : value));
  const inputs = [steps, patch.floats(`${output}/weight`, dims, signed)];
  if (isSliced) {
    const channels = { axis: node.opType === 'MatMul' ? -1 : 1, ...range };
    inputs[0] = slice(twin, steps, [channels], `${output}/input`);
  }
  if (bias !== null) inputs.push(patch.floats(`${output}/bias`, [bias.length], Float32Array.from(bias)));
  patch.node(copyNode(node, { name: output, input: inputs, output: [output] }));
  return output;
}

/** Axis of the weight's input channels. */
function inputAxis(node: NodeProto, { layout }: IntegerWeight): number {
  return node.opType === 'Conv' || layout.order === 'outputFirst' ? 1 : 0;
}

function sliced(values: Int32Array, shape: readonly number[], axis: number, { start, end }: ChannelRange): Int32Array {
  const size = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = values.length / (size * inner);
  const width = (end - start) * inner;
  const result = new Int32Array(outer * width);
  for (let o = 0; o < outer; o++) {
    result.set(values.subarray((o * size + start) * inner, (o * size + end) * inner), o * width);
  }
  return result;
}

/** Channels are not next to each other in a grouped convolution: others get the weight 0. */
function masked({ values, layout }: IntegerWeight, { start, end }: ChannelRange): Int32Array {
  const result = new Int32Array(values.length);
  visitKernels(layout, (input, _output, offset) => {
    const channel = input % layout.inputsPerGroup;
    if (channel < start || channel >= end) return;
    result.set(values.subarray(offset, offset + layout.kernelSize), offset);
  });
  return result;
}
