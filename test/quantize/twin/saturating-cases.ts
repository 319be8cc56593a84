import type { FloatTensor } from '../../../src/engine/session/session.js';
import { intAttribute, intsAttribute, readIntAttribute, readIntsAttribute } from '../../../src/onnx/node.js';
import { int32Bias } from '../../../src/quantize/quantizers/int32-bias.js';
import type { Quantizer } from '../../../src/quantize/quantizers/quantizer.js';
import { quantizedIntegers } from '../../../src/quantize/quantizers/quantized-integers.js';
import { node, tensor } from '../../onnx/build-model.js';
import { prepareCase, uniform, uniformBatch, type TwinCase, type Uint8 } from './twin-case.js';

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

function conv(
  input: readonly number[],
  weight: readonly number[],
  x: Uint8,
  attributes: Parameters<typeof node>[3] = [],
): TwinCase {
  return {
    nodes: [node('Conv', ['x', 'w', 'b'], 'y', attributes)],
    inputShape: input,
    initializers: [
      tensor('w', weight, uniform(size(weight), -1, 1, 5)),
      tensor('b', [weight[0]!], uniform(weight[0]!, -2, 2, 6)),
    ],
    quantizers: { x, y: [Math.sqrt(size(weight.slice(1))) / 60, 117] },
    target: 'onnxruntime-cpu-avx2',
  };
}

function matrix(op: 'Gemm' | 'MatMul', x: Uint8): TwinCase {
  return {
    nodes: [node(op, ['x', 'w'], 'y')],
    inputShape: [9, 37],
    initializers: [tensor('w', [37, 10], uniform(370, -1, 1, 5))],
    quantizers: { x, y: [0.1, 117] },
    target: 'onnxruntime-cpu-avx2',
  };
}

const pads = (pad: number) => intsAttribute('pads', [pad, pad, pad, pad]);
const group = (value: number) => intAttribute('group', value);

/** Models whose only node is `y`, of x86 without VNNI. */
export const saturatingCases: Readonly<Record<string, TwinCase>> = {
  '3x3': conv([1, 8, 9, 7], [6, 8, 3, 3], [0.0125, 113], [pads(1)]),
  '1x1 of three channels': conv([1, 3, 9, 7], [6, 3, 1, 1], [0.0125, 30]),
  '5x5 of five channels': conv([1, 5, 9, 9], [4, 5, 5, 5], [0.0125, 200], [pads(2), intsAttribute('strides', [2, 2])]),
  'zero point 0': conv([1, 6, 9, 7], [6, 6, 3, 3], [0.0062, 0], [pads(1)]),
  groups: conv([1, 12, 8, 8], [6, 4, 3, 3], [0.0125, 113], [pads(1), group(3)]),
  'one channel a group and two out': conv([1, 4, 8, 8], [8, 1, 3, 3], [0.0125, 113], [pads(1), group(4)]),
  'weights per tensor': { ...conv([1, 8, 9, 7], [6, 8, 3, 3], [0.0125, 113], [pads(1)]), granularity: 'tensor' },
  'many pairs': conv([1, 64, 4, 4], [48, 64, 3, 3], [0.0125, 90], [pads(1)]),
  Gemm: matrix('Gemm', [0.0125, 113]),
  MatMul: matrix('MatMul', [0.0125, 20]),
};

/** Whose kernel has no pairs. */
export const depthwiseCase: TwinCase = conv([1, 8, 9, 7], [8, 1, 3, 3], [0.0125, 113], [pads(1), group(8)]);

/** Over all levels of the input. */
export function levelsBatch({ inputShape, quantizers }: TwinCase): FloatTensor {
  const [scale, zeroPoint] = quantizers['x']!;
  return uniformBatch(inputShape, -zeroPoint * scale, (255 - zeroPoint) * scale);
}

/** What a case's output is, in integers and one product after the other. */
export function saturatedOutput(
  given: TwinCase,
  batch: FloatTensor,
): { readonly saturated: Float32Array; readonly plain: Float32Array } {
  const prepared = prepareCase(given);
  const [x, y] = prepared.placed!.quantizers.map(({ quantizer }) => quantizer) as [Quantizer, Quantizer];
  const [layer] = prepared.layers;
  const weights = quantizedIntegers(layer!)!;
  const levels = Int32Array.from(batch.data, (value) => clip(roundEven(Math.fround(value / x.scale)) + x.zeroPoint));
  const only = given.nodes[0]!;
  const isConv = only.opType === 'Conv';
  const [n, channels, height, width] = isConv ? batch.dims : [batch.dims[0]!, batch.dims[1]!, 1, 1];
  const shape = layer!.layer.weightShape;
  const [outputs, perGroup, kh, kw] = isConv ? shape : [shape[1]!, shape[0]!, 1, 1];
  const pad = readIntsAttribute(only, 'pads')?.[0] ?? 0;
  const stride = readIntsAttribute(only, 'strides')?.[0] ?? 1;
  const groups = readIntAttribute(only, 'group', 1);
  const outHeight = Math.floor((height! + 2 * pad - kh!) / stride) + 1;
  const outWidth = Math.floor((width! + 2 * pad - kw!) / stride) + 1;
  const biasValues = given.initializers!.find(({ name }) => name === 'b');
  const bias =
    biasValues === undefined
      ? new Int32Array(outputs!)
      : int32Bias(new Float32Array(new Uint8Array(biasValues.rawData).buffer), x.scale, weights.quantizers).values;
  const saturated: number[] = [];
  const plain: number[] = [];
  const weightOf = (o: number, c: number, i: number, j: number): number =>
    weights.values[isConv ? ((o * perGroup! + c) * kh! + i) * kw! + j : c * outputs! + o]!;
  for (let sample = 0; sample < n!; sample++)
    for (let o = 0; o < outputs!; o++)
      for (let r = 0; r < outHeight; r++)
        for (let q = 0; q < outWidth; q++) {
          const first = Math.floor(o / (outputs! / groups)) * perGroup!;
          const products: number[] = [];
          let ofWeights = 0;
          for (let i = 0; i < kh!; i++)
            for (let j = 0; j < kw!; j++)
              for (let c = 0; c < perGroup!; c++) {
                const [row, column] = [r * stride + i - pad, q * stride + j - pad];
                const isInside = row >= 0 && row < height! && column >= 0 && column < width!;
                const place = ((sample * channels! + first + c) * height! + row) * width! + column;
                const level = isInside ? levels[place]! : x.zeroPoint;
                products.push(level * weightOf(o, c, i, j));
                ofWeights += weightOf(o, c, i, j);
              }
          let [inPairs, whole] = [0, 0];
          for (let k = 0; k < products.length; k += 2) {
            const pair = products[k]! + (products[k + 1] ?? 0);
            inPairs += Math.min(Math.max(pair, -32768), 32767);
            whole += pair;
          }
          const rest = bias[o]! - x.zeroPoint * ofWeights;
          const scale = weights.quantizers[weights.quantizers.length === 1 ? 0 : o]!.scale;
          const multiplier = Math.fround(Math.fround(x.scale * scale) / y.scale);
          const real = (sum: number): number => {
            const level = clip(roundEven(Math.fround(Math.fround(sum) * multiplier)) + y.zeroPoint);
            return Math.fround((level - y.zeroPoint) * y.scale);
          };
          saturated.push(real(inPairs + rest));
          plain.push(real(whole + rest));
        }
  return { saturated: Float32Array.from(saturated), plain: Float32Array.from(plain) };
}

function clip(level: number): number {
  return Math.min(Math.max(level, 0), 255);
}

function roundEven(value: number): number {
  const low = Math.floor(value);
  const part = value - low;
  return part < 0.5 || (part === 0.5 && low % 2 === 0) ? low : low + 1;
}
