import { momentBlocks } from '../../records/moments-record.js';
import { NonFiniteError } from '../../records/non-finite-error.js';
import { elementCount } from '../../onnx/tensor.js';
import type { StatisticsTensor } from '../statistics-accumulator.js';
import { assemblePiece, clearCancelled, type SumsOfUnit } from './assemble-piece.js';
import { sumDiagonals, sumOfWindows } from './sum-diagonals.js';
import type { LayerReading } from './layer-reading.js';
import type { MomentPiece } from './moment-pieces.js';
import type { MomentSource, MomentUnit } from './moments-graph.js';

/** What a run was fed: `samples` of them, each as often as any other, which makes `fed` rows. */
export interface FedRows {
  readonly samples: number;
  readonly fed: number;
}

/** Sums of one source in the order of its blocks. */
export interface AssembledSums {
  /** Lower triangles, or whole squares of products of two tensors. */
  readonly products: Float64Array;
  /** Of the first tensor's columns, `[groups * columns]`. */
  readonly sums: Float64Array;
  /** Output positions. */
  readonly positions: number;
  readonly nonZeros: Float64Array;
  /** Numbers of each channel. */
  readonly values: number;
}

/** Where all squares are smaller float32 may have lost them: its smallest is 2^-149. */
const LEAST_SQUARE = 2 ** -100;

interface RunningUnit {
  readonly unit: MomentUnit;
  readonly pieces: readonly {
    readonly piece: MomentPiece;
    readonly products: Float64Array;
    readonly sums: Float64Array;
  }[];
}

/** Adds up the graph outputs of one source over runs, in float64. */
export class SourceSums {
  readonly #source: MomentSource;
  readonly #running: readonly RunningUnit[];
  readonly #nonZeros: Float64Array;
  #positions = 0;
  #values = 0;

  constructor(source: MomentSource) {
    this.#source = source;
    this.#running = source.units.map((unit) => ({
      unit,
      pieces: unit.pieces.map((piece) => {
        const { taps, shifts } = sizesOf(piece);
        const rows = unit.groups * unit.channels * taps;
        const products = new Float64Array(rows * unit.channels * taps * shifts);
        return { piece, products, sums: new Float64Array(rows) };
      }),
    }));
    const { groups, channelsPerGroup } = source.reading;
    this.#nonZeros = new Float64Array(groups * channelsPerGroup);
  }

  /** @throws NonFiniteError where float32 did not hold the sums, or lost them; naming the layer */
  add(outputs: Readonly<Record<string, StatisticsTensor>>, { samples, fed }: FedRows): void {
    const { reading, nonZero, inputShape, outputShape, scales, steps } = this.#source;
    const times = fed / samples;
    const scaleOf = (name: string): number => outputs[name]!.data[0]!;
    const [own, other] = scales === null ? [1, 1] : [scaleOf(scales.tensor), scaleOf(scales.other)];
    let largest = 0;
    for (const { pieces } of this.#running) {
      for (const { piece, products, sums } of pieces) {
        const { form } = piece;
        const [numbers, squares] = [piece.sums === null ? null : outputs[piece.sums]!.data, outputs[piece.products]!];
        const ofSums =
          numbers === null
            ? 0
            : addTo(
                sums,
                form.kind === 'rows' ? sumOfWindows(numbers, form.windows, squares.dims) : numbers,
                own / times,
              ).total;
        const added = addTo(
          products,
          form.kind === 'rows' ? sumDiagonals(squares, form.windows) : squares.data,
          (own * other) / times,
        );
        if (!Number.isFinite(ofSums + added.total)) throw this.#error();
        largest = Math.max(largest, added.largest);
      }
    }
    this.#positions += positionsOf(reading, outputs[outputShape]!.data, steps) / times;
    if (nonZero === null) return;
    const shares = outputs[nonZero]!.data;
    const rows = shares.length / this.#nonZeros.length;
    const values = positionsOf(reading, outputs[inputShape]!.data);
    const counts = shares.map((share) => Math.round((share * values) / rows));
    const { total } = addTo(this.#nonZeros, counts, 1 / times);
    this.#values += values / times;
    if (scales === null && total > 0 && largest < LEAST_SQUARE) throw this.#error();
  }

  #error(): NonFiniteError {
    return new NonFiniteError(`the input of layer "${this.#source.layers[0]!}"`);
  }

  /** The sums so far. */
  assemble(): AssembledSums {
    const { layout, nonZero } = this.#source;
    const { columns, kernelSize, groups } = layout;
    const isSymmetric = nonZero !== null;
    const blocks = momentBlocks(layout);
    const sizeOf = (own: number): number => (isSymmetric ? (own * (own + 1)) / 2 : own * own);
    const products = new Float64Array(blocks.reduce((sum, block) => sum + sizeOf(block.columns), 0));
    const sums = new Float64Array(groups * columns);
    let [block, offset] = [0, 0];
    for (const { unit, pieces } of this.#running) {
      for (let group = 0; group < unit.groups; group++) {
        const own = blocks[block++]!;
        const first = own.group * columns + own.first;
        const into: SumsOfUnit = {
          products: products.subarray(offset, offset + sizeOf(own.columns)),
          sums: sums.subarray(first, first + own.columns),
          channels: unit.channels,
          kernelSize,
          isSymmetric,
        };
        for (const each of pieces) assemblePiece(into, each, group, this.#source.reading.kernel);
        if (isSymmetric) clearCancelled(into, pieces[0]!, group);
        offset += sizeOf(own.columns);
      }
    }
    return { products, sums, positions: this.#positions, nonZeros: this.#nonZeros.slice(), values: this.#values };
  }
}

/** Positions of the kernel whose products with each other a piece holds, and shifts. */
function sizesOf({ form }: MomentPiece): { readonly taps: number; readonly shifts: number } {
  if (form.kind === 'rows') return { taps: form.windows.taps, shifts: 1 };
  return form.kind === 'taps' ? { taps: form.taps.length, shifts: 1 } : { taps: 1, shifts: form.shifts.length };
}

/** Places of a tensor at each of which there is one number of every channel; of every so many. */
function positionsOf({ channelAxis }: LayerReading, shape: Float32Array, steps: readonly number[] = []): number {
  const dims = [...shape];
  if (channelAxis === 'last') return elementCount(dims.slice(0, -1));
  const image = dims.slice(2).map((size, axis) => Math.ceil(size / (steps[axis] ?? 1)));
  return dims[0]! * elementCount(image);
}

/**
 * Adds rows of numbers, times a factor, to `into`. The total is not finite where any number is not.
 */
function addTo(
  into: Float64Array,
  rows: Float32Array | Float64Array,
  factor: number,
): { readonly total: number; readonly largest: number } {
  let [total, largest] = [0, 0];
  const { length } = into;
  for (let start = 0; start < rows.length; start += length) {
    for (let i = 0; i < length; i++) {
      const value = rows[start + i]!;
      total += value;
      if (value > largest) largest = value;
      into[i]! += value * factor;
    }
  }
  return { total, largest };
}
