export type PillowKernel = 'linear' | 'cubic' | 'lanczos3';

/** Bytes `[height, width, channels]`, row-major. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Part of an image. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

interface Filter {
  /** Beyond it the filter is 0. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** As Pillow defines them: bilinear, bicubic with a = -0.5, Lanczos of three lobes. */
const FILTERS: Readonly<Record<PillowKernel, Filter>> = {
  linear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  cubic: { support: 2, weight: cubic },
  lanczos3: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function cubic(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * -0.5 + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Weights are whole numbers of 2^-22, as in Pillow for 8 bits a channel. */
const WEIGHT_BITS = 22;

/** How the output pixels of one axis are made of input pixels. */
interface Taps {
  /** First input pixel of each output pixel. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `[outputs, most]` */
  readonly weights: Int32Array;
  readonly most: number;
}

/**
 * The taps of output pixels `from .. from + count - 1` of an axis that is resized from `length` to
 * `size`.
 */
function tapsOf(length: number, size: number, from: number, count: number, { support, weight }: Filter): Taps {
  const scale = length / size;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const most = Math.ceil(reach) * 2 + 1;
  const taps = {
    first: new Int32Array(count),
    count: new Int32Array(count),
    weights: new Int32Array(count * most),
    most,
  };
  for (let output = 0; output < count; output += 1) {
    const center = (from + output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(length, Math.trunc(center + reach + 0.5));
    const own = Array.from({ length: end - first }, (_, i) => weight((i + first - center + 0.5) / stretch));
    const sum = own.reduce((a, b) => a + b, 0);
    taps.first[output] = first;
    taps.count[output] = own.length;
    for (const [i, w] of own.entries()) {
      const whole = (sum === 0 ? w : w / sum) * 2 ** WEIGHT_BITS;
      taps.weights[output * most + i] = Math.trunc(whole < 0 ? whole - 0.5 : whole + 0.5);
    }
  }
  return taps;
}

/**
 * Resizes an image and cuts a part out of the result, to the bit as Pillow's `resize` does: along
 * the rows, rounded to 8 bits, then along the columns; the filter widens when shrinking. An axis
 * that keeps its length is only cut.
 *
 * @param size height and width after resizing
 * @param box of the resized image
 */
export function resample(
  image: Pixels,
  channels: number,
  size: readonly [number, number],
  box: Box,
  kernel: PillowKernel,
): Pixels {
  const filter = FILTERS[kernel];
  const [height, width] = size;
  const rows = height === image.height ? null : tapsOf(image.height, height, box.top, box.height, filter);
  // Input rows that the columns' pass will read.
  const firstRow = rows === null ? box.top : rows.first[0]!;
  const lastRow = box.height - 1;
  const endRow = rows === null ? box.top + box.height : rows.first[lastRow]! + rows.count[lastRow]!;
  const columns = width === image.width ? null : tapsOf(image.width, width, box.left, box.width, filter);
  const narrow = new Uint8Array((endRow - firstRow) * box.width * channels);
  for (let row = firstRow; row < endRow; row += 1) {
    const from = row * image.width * channels;
    const to = (row - firstRow) * box.width * channels;
    if (columns === null) {
      const start = from + box.left * channels;
      narrow.set(image.data.subarray(start, start + box.width * channels), to);
    } else {
      weighRow(image.data, from, channels, columns, narrow, to);
    }
  }
  if (rows === null) return { data: narrow, height: box.height, width: box.width };
  const data = new Uint8Array(box.height * box.width * channels);
  const rowBytes = box.width * channels;
  for (let output = 0; output < box.height; output += 1) {
    weighRows(narrow, (rows.first[output]! - firstRow) * rowBytes, rowBytes, rows, output, data);
  }
  return { data, height: box.height, width: box.width };
}

/** Makes one row of output pixels of one row of input pixels. */
function weighRow(
  input: Uint8Array,
  from: number,
  channels: number,
  { first, count, weights, most }: Taps,
  into: Uint8Array,
  to: number,
): void {
  for (let output = 0; output < first.length; output += 1) {
    const start = from + first[output]! * channels;
    for (let channel = 0; channel < channels; channel += 1) {
      let sum = 1 << (WEIGHT_BITS - 1);
      for (let tap = 0; tap < count[output]!; tap += 1) {
        sum += input[start + tap * channels + channel]! * weights[output * most + tap]!;
      }
      into[to + output * channels + channel] = clip(sum);
    }
  }
}

/** Makes output row `output` of the rows from byte `from` on. */
function weighRows(
  input: Uint8Array,
  from: number,
  rowBytes: number,
  { count, weights, most }: Taps,
  output: number,
  into: Uint8Array,
): void {
  for (let place = 0; place < rowBytes; place += 1) {
    let sum = 1 << (WEIGHT_BITS - 1);
    for (let tap = 0; tap < count[output]!; tap += 1) {
      sum += input[from + tap * rowBytes + place]! * weights[output * most + tap]!;
    }
    into[output * rowBytes + place] = clip(sum);
  }
}

function clip(sum: number): number {
  return Math.min(255, Math.max(0, sum >> WEIGHT_BITS));
}
