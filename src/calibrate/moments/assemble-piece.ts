import { kernelPositions, type Shift } from './kernel-shifts.js';
import type { MomentPiece, RowsForm } from './moment-pieces.js';

/** Sums of one block of columns. */
export interface SumsOfUnit {
  /** Lower triangle packed by rows where symmetric, else the whole square. */
  readonly products: Float64Array;
  readonly sums: Float64Array;
  readonly channels: number;
  readonly kernelSize: number;
  readonly isSymmetric: boolean;
}

/** What a piece summed up: see {@link MomentPiece}. */
export interface SummedPiece {
  readonly piece: MomentPiece;
  readonly products: Float64Array;
  /** `[groups * channels * taps]`. */
  readonly sums: Float64Array;
}

/** Adds what a piece says of one of its groups to the sums of a block, or takes it off. */
export function assemblePiece(into: SumsOfUnit, summed: SummedPiece, group: number, kernel: readonly number[]): void {
  const { form } = summed.piece;
  if (form.kind === 'taps') addTaps(into, summed, group, form);
  else if (form.kind === 'rows') addRows(into, summed, group, form);
  else addShifts(into, summed, group, form.shifts, kernel);
}

/**
 * Sums of squares below this share of those of all places are what is left of rounding after the
 * rest was taken off: the columns read nothing.
 */
const CANCELLED = 2 ** -20;

/**
 * Sets the columns of a block to 0 that read next to nothing of their channel.
 *
 * @param into symmetric
 */
export function clearCancelled(
  { products: into, sums: intoSums, channels, kernelSize }: SumsOfUnit,
  { piece: { form }, products }: SummedPiece,
  group: number,
): void {
  // Pairs of rows apart from others are of the layer's own windows: nothing was taken off.
  if (form.kind === 'taps' || (form.kind === 'rows' && form.pairs.length === 1)) return;
  const width = channels * kernelSize;
  for (let column = 0; column < width; column++) {
    const channel = Math.floor(column / kernelSize);
    // The first shift is none, and the first rows are each with themselves.
    const from =
      form.kind === 'shifts'
        ? (group * channels + channel) * form.shifts.length * channels + channel
        : group * form.windows.taps ** 2 + (column % form.windows.taps) * (form.windows.taps + 1);
    const total = products[from]!;
    const start = (column * (column + 1)) / 2;
    if (into[start + column]! > CANCELLED * total) continue;
    into.fill(0, start, start + column + 1);
    for (let below = column + 1; below < width; below++) into[(below * (below + 1)) / 2 + column] = 0;
    intoSums[column] = 0;
  }
}

function addTaps(
  { products: into, sums: intoSums, channels, kernelSize, isSymmetric }: SumsOfUnit,
  { piece, products, sums }: SummedPiece,
  group: number,
  { taps, order }: Extract<MomentPiece['form'], { kind: 'taps' }>,
): void {
  const rows = channels * taps.length;
  const columns = Int32Array.from({ length: rows }, (_, row) =>
    order === 'channels'
      ? Math.floor(row / taps.length) * kernelSize + taps[row % taps.length]!
      : (row % channels) * kernelSize + taps[Math.floor(row / channels)]!,
  );
  const width = channels * kernelSize;
  for (let row = 0; row < rows; row++) {
    const column = columns[row]!;
    intoSums[column]! += piece.sign * sums[group * rows + row]!;
    const from = (group * rows + row) * rows;
    const end = isSymmetric ? row + 1 : rows;
    for (let at = 0; at < end; at++) {
      const other = columns[at]!;
      const to = isSymmetric
        ? (Math.max(column, other) * (Math.max(column, other) + 1)) / 2 + Math.min(column, other)
        : column * width + other;
      into[to]! += piece.sign * products[from + at]!;
    }
  }
}

/** Of one channel, symmetric. */
function addRows(
  { products: into, sums: intoSums }: SumsOfUnit,
  { piece, products, sums }: SummedPiece,
  group: number,
  { pairs, windows: { taps } }: RowsForm,
): void {
  for (const [row, further] of pairs) {
    for (let tap = 0; tap < taps; tap++) {
      if (row === further && piece.sums !== null) intoSums[row * taps + tap]! += piece.sign * sums[group * taps + tap]!;
      for (let other = row === further ? tap : 0; other < taps; other++) {
        const below = further * taps + other;
        const at = (below * (below + 1)) / 2 + row * taps + tap;
        into[at]! += piece.sign * products[(group * taps + tap) * taps + other]!;
      }
    }
  }
}

function addShifts(
  { products: into, sums: intoSums, channels, kernelSize, isSymmetric }: SumsOfUnit,
  { piece, products, sums }: SummedPiece,
  group: number,
  shifts: readonly Shift[],
  kernel: readonly number[],
): void {
  const between = shiftsBetween(shifts, kernel);
  const row = shifts.length * channels;
  const start = group * channels * row;
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let tap = 0; tap < kernelSize; tap++) {
      const column = channel * kernelSize + tap;
      intoSums[column]! += piece.sign * sums[group * channels + channel]!;
      const end = isSymmetric ? column + 1 : channels * kernelSize;
      for (let other = 0; other < end; other++) {
        const otherChannel = Math.floor(other / kernelSize);
        const shift = between[tap * kernelSize + (other % kernelSize)]!;
        // The other way round there is the opposite shift.
        const from =
          shift >= 0
            ? channel * row + shift * channels + otherChannel
            : otherChannel * row + ~shift * channels + channel;
        into[at++]! += piece.sign * products[start + from]!;
      }
    }
  }
}

/** From one position of the kernel to another: which shift that is, or `~` of the opposite one. */
function shiftsBetween(shifts: readonly Shift[], kernel: readonly number[]): Int32Array {
  const known = new Map(shifts.map((shift, index) => [shift.join(), index]));
  const positions = kernelPositions(kernel);
  const indexOf = (by: Shift): number => known.get(by.join()) ?? ~known.get(by.map((step) => 0 - step).join())!;
  return Int32Array.from(
    positions.flatMap((from) => positions.map((to) => indexOf(to.map((at, axis) => at - from[axis]!)))),
  );
}
