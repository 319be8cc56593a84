import { visitKernels } from '../../onnx/layers/weight-layout.js';
import { copyNode, intAttribute, makeNode } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import type { IntegerWeight } from './integer-weight.js';
import { slice } from './slice.js';
import type { TwinGraph, TwinQuantizer } from './twin-graph.js';

const LOWEST = -(2 ** 15);
const HIGHEST = 2 ** 15 - 1;

/** The largest uint8. */
const LARGEST_LEVEL = 255;

/**
 * Pairs of one part: what two times 255 times 127 has beyond 16 bits, so many times, is within
 * 2^24.
 */
const MOST_PAIRS = 512;

/** One product of a pair. */
interface Factor {
  /** Input channel of all. */
  readonly channel: number;
  /** Place in the kernel, row-major. */
  readonly place: number;
  readonly weight: number;
}

/** Two products that are added in 16 bits and may not fit. */
interface Pair {
  readonly output: number;
  readonly factors: readonly [Factor, Factor];
  /** 1: beyond the highest number; -1: below the lowest. */
  readonly sign: 1 | -1;
}

/**
 * What x86 without VNNI loses of the sums: products of uint8 and int8 are added in pairs that
 * saturate at 16 bits, in the order of kernel place and then channel of the group, zero points not
 * taken off. A convolution with one channel in and out of each group has a kernel without pairs.
 *
 * Only pairs whose weights can reach beyond 16 bits are computed, each as an output channel of its
 * own: what is beyond is what Relu leaves of `a0 w0 + a1 w1 - 32767`.
 *
 * @returns whole numbers to be taken off the sums
 */
export function saturationExcess(
  twin: TwinGraph,
  node: NodeProto,
  input: TwinQuantizer,
  weight: IntegerWeight,
  name: string,
): readonly string[] {
  const { inputsPerGroup, outputsPerGroup } = weight.layout;
  if (node.opType === 'Conv' && inputsPerGroup === 1 && outputsPerGroup === 1) return [];
  const pairs = riskyPairs(weight);
  const parts: string[] = [];
  for (let start = 0; start < pairs.length; start += MOST_PAIRS) {
    const some = pairs.slice(start, start + MOST_PAIRS);
    parts.push(writeExcess(twin, node, input, weight, some, `${name}/${parts.length}`));
  }
  return parts;
}

/** In the order of their channels, so that parts of many pairs read few channels. */
function riskyPairs({ values, layout }: IntegerWeight): readonly Pair[] {
  const { inputsPerGroup, outputsPerGroup, groups, kernelSize } = layout;
  const length = inputsPerGroup * kernelSize;
  // By output channel: the weights in the order in which they are added.
  const ordered = new Int32Array(groups * outputsPerGroup * length);
  visitKernels(layout, (channel, output, offset) => {
    for (let place = 0; place < kernelSize; place++) {
      const k = place * inputsPerGroup + (channel % inputsPerGroup);
      ordered[output * length + k] = values[offset + place]!;
    }
  });
  const pairs: Pair[] = [];
  for (let output = 0; output < groups * outputsPerGroup; output++) {
    const firstChannel = Math.floor(output / outputsPerGroup) * inputsPerGroup;
    const factor = (k: number): Factor => ({
      channel: firstChannel + (k % inputsPerGroup),
      place: Math.floor(k / inputsPerGroup),
      weight: ordered[output * length + k]!,
    });
    for (let k = 0; k + 1 < length; k += 2) {
      const [a, b] = [ordered[output * length + k]!, ordered[output * length + k + 1]!];
      const most = LARGEST_LEVEL * (Math.max(a, 0) + Math.max(b, 0));
      const least = LARGEST_LEVEL * (Math.min(a, 0) + Math.min(b, 0));
      if (most > HIGHEST) pairs.push({ output, factors: [factor(k), factor(k + 1)], sign: 1 });
      if (least < LOWEST) pairs.push({ output, factors: [factor(k), factor(k + 1)], sign: -1 });
    }
  }
  return pairs.sort((p, q) => p.factors[0].channel - q.factors[0].channel);
}

function writeExcess(
  twin: TwinGraph,
  node: NodeProto,
  input: TwinQuantizer,
  weight: IntegerWeight,
  pairs: readonly Pair[],
  name: string,
): string {
  const { patch } = twin;
  const { layout, shape } = weight;
  const isConv = node.opType === 'Conv';
  const channels = pairs.flatMap(({ factors }) => factors.map(({ channel }) => channel));
  const start = channels.reduce((least, channel) => Math.min(least, channel));
  const count = channels.reduce((most, channel) => Math.max(most, channel)) + 1 - start;
  const outputs = layout.groups * layout.outputsPerGroup;
  const { kernelSize } = layout;
  // [pairs, channels, kernel] and [outputs, pairs], of a matrix the other way round.
  const products = new Float32Array(pairs.length * count * kernelSize);
  const beyond = new Float32Array(pairs.length);
  const sums = new Float32Array(outputs * pairs.length);
  for (const [row, { output, factors, sign }] of pairs.entries()) {
    let ofZeroPoint = 0;
    for (const { channel, place, weight: value } of factors) {
      const column = (channel - start) * kernelSize + place;
      products[isConv ? row * count * kernelSize + column : column * pairs.length + row] = sign * value;
      ofZeroPoint += sign * value * input.quantizer.zeroPoint;
    }
    beyond[row] = ofZeroPoint - (sign === 1 ? HIGHEST : -LOWEST);
    sums[isConv ? output * pairs.length + row : row * outputs + output] = sign;
  }
  const isWhole = count === layout.groups * layout.inputsPerGroup;
  const all = twin.steps(input);
  const range = { axis: isConv ? 1 : -1, start, end: start + count };
  const steps = isWhole ? all : slice(twin, all, [range], `${name}/input`);
  const lost = `${name}/beyond`;
  if (isConv) {
    const kernel = shape.slice(2);
    const inputs = [
      steps,
      patch.floats(`${name}/products`, [pairs.length, count, ...kernel], products),
      patch.floats(`${name}/bias`, [pairs.length], beyond),
    ];
    const attribute = [...node.attribute.filter((own) => own.name !== 'group'), intAttribute('group', 1)];
    patch.node(copyNode(node, { name: lost, input: inputs, output: [lost], attribute }));
    const one = patch.floats(`${name}/sums`, [outputs, pairs.length, ...kernel.map(() => 1)], sums);
    patch.node(makeNode('Conv', [patch.apply('Relu', [lost], `${name}/lost`), one], name));
    return name;
  }
  const product = patch.apply(
    'MatMul',
    [steps, patch.floats(`${name}/products`, [count, pairs.length], products)],
    `${name}/product`,
  );
  patch.apply('Add', [product, patch.floats(`${name}/bias`, [pairs.length], beyond)], lost);
  const matrix = patch.floats(`${name}/sums`, [pairs.length, outputs], sums);
  return patch.apply('MatMul', [patch.apply('Relu', [lost], `${name}/lost`), matrix], name);
}
