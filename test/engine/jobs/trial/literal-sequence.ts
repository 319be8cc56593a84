import type { PreparedLayer } from '../../../../src/quantize/prepare-layers.js';
import { symmetricQuantizer } from '../../../../src/quantize/quantizers/quantizer.js';
import { rowLevels, type RowLevels } from '../../../../src/quantize/rounding/row-levels.js';
import { readFloatTensor } from '../../../../src/onnx/tensor.js';
import {
  literalDescent,
  literalError,
  literalGptq,
  literalNearest,
  type Square,
} from '../../../quantize/rounding/literal-rounding.js';
import { offsetsOf } from '../../../quantize/rounding/random-problems.js';

/** `[channels][height][width]`. */
type Image = number[][][];

/** What a layer reads and how. */
interface Place {
  readonly kernel: number;
  readonly pad: number;
  readonly stride: number;
}

const places: Readonly<Record<string, Place>> = {
  stem: { kernel: 3, pad: 1, stride: 1 },
  depthwise: { kernel: 3, pad: 1, stride: 1 },
  pointwise: { kernel: 1, pad: 0, stride: 1 },
  side: { kernel: 1, pad: 0, stride: 1 },
  strided: { kernel: 3, pad: 1, stride: 2 },
  classifier: { kernel: 1, pad: 0, stride: 1 },
};

/** What came out for one layer. */
export interface LiteralLayer {
  /** By output channel and column. */
  readonly integers: readonly (readonly number[])[];
  readonly scales: readonly number[];
  readonly correction: readonly number[];
  /** Magnitude of what the correction is a small difference of. */
  readonly magnitudes: readonly number[];
  /** How many output channels aim at their own weight rather than at the one that fits. */
  readonly plain: number;
}

export interface LiteralSettings {
  readonly bits: number;
  readonly centered: boolean;
  /** Of a layer's node, by name, folded; 0 without. */
  readonly biases: ReadonlyMap<string, readonly number[]>;
}

/**
 * `residualNetwork` rounded layer after layer by plain loops: both networks are run on all samples
 * up to the layer, its windows written out, and moments summed over them in float64.
 */
export function literalSequence(
  layers: ReadonlyMap<string, PreparedLayer>,
  samples: readonly Image[],
  settings: LiteralSettings,
): ReadonlyMap<string, LiteralLayer> {
  const found = new Map<string, LiteralLayer>();
  const run = (name: string, float: readonly Image[], quantized: readonly Image[]): [Image[], Image[]] => {
    const prepared = layers.get(name)!;
    const place = places[name]!;
    const { groups, inputsPerGroup, outputsPerGroup } = prepared.layer.layout;
    const bias = settings.biases.get(name) ?? new Array<number>(groups * outputsPerGroup).fill(0);
    const read = quantized.map((image) =>
      image.map((plane, c) => plane.map((row) => row.map((x) => fakeQuantized(x, c, prepared)))),
    );
    const windows = (images: readonly Image[], group: number): number[][] =>
      images.flatMap((image) => unfold(image.slice(group * inputsPerGroup, (group + 1) * inputsPerGroup), place));
    const own = readFloatTensor(prepared.original.weight);
    const integers: number[][] = [];
    const scales: number[] = [];
    const correction: number[] = [];
    const magnitudes: number[] = [];
    let plain = 0;
    for (let group = 0; group < groups; group++) {
      const s = Array.from(
        { length: inputsPerGroup * place.kernel ** 2 },
        (_, column) => prepared.factors.s[group * inputsPerGroup + Math.floor(column / place.kernel ** 2)]!,
      );
      const u = windows(float, group).map((row) => row.map((x, column) => x / s[column]!));
      const v = windows(read, group);
      const moments = momentsOf(u, v, settings.centered);
      for (let output = group * outputsPerGroup; output < (group + 1) * outputsPerGroup; output++) {
        const row = offsetsOf(prepared.layer.layout, output).map((offset) => prepared.smoothedWeight[offset]!);
        const result = roundRow(row, moments, settings.bits);
        integers.push(result.integers);
        scales.push(result.scale);
        plain += result.isPlain ? 1 : 0;
        const float = offsetsOf(prepared.layer.layout, output).map((offset, column) => own[offset]! * s[column]!);
        correction.push(mean(v.length, (at) => dot(result.integers, v[at]!) * result.scale - dot(float, u[at]!)));
        magnitudes.push(mean(v.length, (at) => dot(row.map(Math.abs), v[at]!.map(Math.abs))));
      }
    }
    found.set(name, { integers, scales, correction, magnitudes, plain });
    const rows = Array.from({ length: groups * outputsPerGroup }, (_, output) =>
      offsetsOf(prepared.layer.layout, output),
    );
    const floatOut = float.map((image) =>
      convolve(
        image,
        rows.map((offsets) => offsets.map((at) => own[at]!)),
        bias,
        place,
        prepared,
      ),
    );
    const corrected = bias.map((b, output) => b - correction[output]!);
    const values = integers.map((row, output) => row.map((level) => level * scales[output]!));
    return [floatOut, read.map((image) => convolve(image, values, corrected, place, prepared))];
  };
  const relu = (pair: readonly [Image[], Image[]]): [Image[], Image[]] => [
    pair[0].map(positive),
    pair[1].map(positive),
  ];
  const sum = (...pairs: readonly (readonly [Image[], Image[]])[]): [Image[], Image[]] =>
    [0, 1].map((side) => pairs[0]![side]!.map((_, i) => added(pairs.map((pair) => pair[side]![i]!)))) as [
      Image[],
      Image[],
    ];
  const r1 = relu(run('stem', samples, samples));
  const c2 = relu(run('depthwise', ...r1));
  const c4 = run('side', ...r1);
  const c3 = run('pointwise', ...c2);
  const r3 = relu(sum(c3, r1, c4));
  const r5 = relu(run('strided', ...r3));
  run('classifier', r5[0].map(pooled), r5[1].map(pooled));
  return found;
}

interface RowMoments {
  readonly h: Square;
  /** E[u_i v_j]. */
  readonly cross: Square;
}

function momentsOf(u: readonly number[][], v: readonly number[][], centered: boolean): RowMoments {
  const columns = [...u[0]!.keys()];
  const average = (rows: readonly number[][]): number[] =>
    columns.map((i) => (centered ? mean(rows.length, (row) => rows[row]![i]!) : 0));
  const [meanU, meanV] = [average(u), average(v)];
  const matrix = (a: readonly number[][], meanA: number[]): number[][] =>
    columns.map((i) => columns.map((j) => mean(a.length, (row) => a[row]![i]! * v[row]![j]!) - meanA[i]! * meanV[j]!));
  return { h: matrix(v, meanV), cross: matrix(u, meanU) };
}

/** Integers for one output channel: of the weight that fits, or of its own where that is better. */
function roundRow(row: readonly number[], { h, cross }: RowMoments, bits: number) {
  const size = row.length;
  const damping = (0.01 * h.reduce((sum, own, i) => sum + own[i]!, 0)) / size;
  const slopes = row.map((_, j) => row.reduce((sum, weight, i) => sum + weight * (cross[i]![j]! - h[i]![j]!), 0));
  const damped = h.map((own, i) => own.map((value, j) => value + (i === j ? damping : 0)));
  const change = solve(damped, slopes);
  const target = row.map((weight, j) => Math.fround(weight + change[j]!));
  const [aimed, plain] = [target, row].map((weights) => {
    const levels = rowLevels(symmetricQuantizer(Math.max(...weights.map(Math.abs)), bits));
    const integers = roundTo(weights, h, levels);
    const e = integers.map((level, j) => Math.fround(level * levels.scale) - row[j]!);
    return { integers, scale: levels.scale, error: literalError(e, h) - 2 * dot(e, slopes) };
  });
  const isPlain = plain!.error < aimed!.error;
  return { ...(isPlain ? plain! : aimed!), isPlain };
}

function roundTo(weights: readonly number[], h: Square, levels: RowLevels): number[] {
  const errorOf = (integers: readonly number[]): number =>
    literalError(
      integers.map((level, j) => level * levels.scale - weights[j]!),
      h,
    );
  const nearest = literalNearest(weights, levels);
  const found = literalDescent(weights, h, levels, literalGptq(weights, h, levels));
  return errorOf(found) < errorOf(nearest) ? found : nearest;
}

function fakeQuantized(x: number, channel: number, { input, divisor }: PreparedLayer): number {
  const { qmin, qmax, zeroPoint, scale } = input;
  const [level] = literalNearest([x], {
    scale: divisor[channel]!,
    lowest: qmin - zeroPoint,
    highest: qmax - zeroPoint,
  });
  return level! * scale;
}

/** The windows of an image, each a row of `channel * kernel^2 + position`. */
function unfold(image: Image, { kernel, pad, stride }: Place): number[][] {
  const [height, width] = [image[0]!.length, image[0]![0]!.length];
  const rows: number[][] = [];
  for (let y = -pad; y + kernel <= height + pad; y += stride) {
    for (let x = -pad; x + kernel <= width + pad; x += stride) {
      const row: number[] = [];
      for (const plane of image) {
        for (let dy = 0; dy < kernel; dy++) for (let dx = 0; dx < kernel; dx++) row.push(plane[y + dy]?.[x + dx] ?? 0);
      }
      rows.push(row);
    }
  }
  return rows;
}

function convolve(
  image: Image,
  weights: readonly (readonly number[])[],
  bias: readonly number[],
  place: Place,
  { layer }: PreparedLayer,
): Image {
  const { inputsPerGroup, outputsPerGroup } = layer.layout;
  const width = Math.floor((image[0]![0]!.length + 2 * place.pad - place.kernel) / place.stride) + 1;
  return weights.map((row, output) => {
    const group = Math.floor(output / outputsPerGroup);
    const all = unfold(image.slice(group * inputsPerGroup, (group + 1) * inputsPerGroup), place).map(
      (window) => dot(row, window) + bias[output]!,
    );
    return Array.from({ length: all.length / width }, (_, y) => all.slice(y * width, (y + 1) * width));
  });
}

function positive(image: Image): Image {
  return image.map((plane) => plane.map((row) => row.map((x) => Math.max(0, x))));
}

function added(images: readonly Image[]): Image {
  return images[0]!.map((plane, c) =>
    plane.map((row, y) => row.map((_, x) => images.reduce((sum, image) => sum + image[c]![y]![x]!, 0))),
  );
}

function pooled(image: Image): Image {
  return image.map((plane) => [[mean(plane.length, (y) => mean(plane[y]!.length, (x) => plane[y]![x]!))]]);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function mean(count: number, at: (index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += at(i);
  return sum / count;
}

/** x with `matrix x = right`, by elimination. */
function solve(matrix: Square, right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const pivot = [...rows.keys()]
      .slice(column)
      .reduce((a, b) => (Math.abs(rows[b]![column]!) > Math.abs(rows[a]![column]!) ? b : a));
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (const [i, row] of rows.entries()) {
      const factor = row[column]! / rows[column]![column]!;
      if (i !== column) for (let k = column; k <= size; k++) row[k]! -= factor * rows[column]![k]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}
