import type { Box, Pixels } from './resample.js';

/** Weights are whole numbers of 2^-11. */
const WEIGHT_BITS = 11;
const ONE = 2 ** WEIGHT_BITS;

/** The two input pixels of each output pixel of an axis, and their weights. */
interface Pairs {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

/**
 * The pairs of output pixels `from .. from + count - 1` of an axis that is resized from `length` to
 * `size`: centres of pixels lie at halves, positions are float32, as in OpenCV.
 *
 * @param weighsEdge false: a pixel beyond the edge gives all its weight to the one at the edge
 */
function pairsOf(length: number, size: number, from: number, count: number, weighsEdge: boolean): Pairs {
  const scale = 1 / (size / length);
  const [first, second] = [new Int32Array(count), new Int32Array(count)];
  const [firstWeight, secondWeight] = [new Int32Array(count), new Int32Array(count)];
  for (let output = 0; output < count; output += 1) {
    const position = Math.fround((from + output + 0.5) * scale - 0.5);
    const left = Math.floor(position);
    const isBeyond = !weighsEdge && (left < 0 || left >= length - 1);
    const share = isBeyond ? 0 : Math.fround(position - left);
    first[output] = Math.min(length - 1, Math.max(0, left));
    second[output] = Math.min(length - 1, Math.max(0, left + 1));
    firstWeight[output] = halfToEven(Math.fround(Math.fround(1 - share) * ONE));
    secondWeight[output] = halfToEven(Math.fround(share * ONE));
  }
  return { first, second, firstWeight, secondWeight };
}

function halfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

/**
 * Resizes an image and cuts a part out of the result as OpenCV 4's `resize` with `INTER_LINEAR`
 * does for bytes: two pixels along each axis, whatever the factor, so shrinking skips pixels.
 * Weights have 11 bits; sums along a row keep them, and the sum over two rows drops bits where
 * OpenCV's does.
 *
 * @param size height and width after resizing
 * @param box of the resized image
 */
export function resampleOpenCv(image: Pixels, channels: number, size: readonly [number, number], box: Box): Pixels {
  const [height, width] = size;
  const columns = pairsOf(image.width, width, box.left, box.width, false);
  const rows = pairsOf(image.height, height, box.top, box.height, true);
  const length = box.width * channels;
  const data = new Uint8Array(box.height * length);
  // Neighbouring output rows often read the same input rows.
  let upper = { row: -1, sums: new Int32Array(length) };
  let lower = { row: -1, sums: new Int32Array(length) };
  for (let output = 0; output < box.height; output += 1) {
    const [above, below] = [rows.first[output]!, rows.second[output]!];
    if (upper.row !== above && lower.row === above) [upper, lower] = [lower, upper];
    if (upper.row !== above) weighRow(image, above, channels, columns, upper);
    if (lower.row !== below) weighRow(image, below, channels, columns, lower);
    weighRows(upper.sums, rows.firstWeight[output]!, lower.sums, rows.secondWeight[output]!, data, output * length);
  }
  return { data, height: box.height, width: box.width };
}

interface WeighedRow {
  row: number;
  readonly sums: Int32Array;
}

/** Sums of one input row, in 2^-11. */
function weighRow(image: Pixels, row: number, channels: number, columns: Pairs, into: WeighedRow): void {
  const { data, width } = image;
  const { first, second, firstWeight, secondWeight } = columns;
  const { sums } = into;
  const start = row * width * channels;
  let place = 0;
  for (let output = 0; output < first.length; output += 1) {
    const [left, right] = [start + first[output]! * channels, start + second[output]! * channels];
    const [leftWeight, rightWeight] = [firstWeight[output]!, secondWeight[output]!];
    for (let channel = 0; channel < channels; channel += 1) {
      sums[place] = data[left + channel]! * leftWeight + data[right + channel]! * rightWeight;
      place += 1;
    }
  }
  into.row = row;
}

function weighRows(
  above: Int32Array,
  aboveWeight: number,
  below: Int32Array,
  belowWeight: number,
  into: Uint8Array,
  to: number,
): void {
  for (let place = 0; place < above.length; place += 1) {
    const sum = ((aboveWeight * (above[place]! >> 4)) >> 16) + ((belowWeight * (below[place]! >> 4)) >> 16);
    into[to + place] = Math.min(255, (sum + 2) >> 2);
  }
}
