import type { StatisticsTensor } from '../statistics-accumulator.js';
import type { AxisWindows } from './axis-windows.js';

/** Column that position 0 of the kernel reads in each window; below 0 in the padding. */
function firstColumns({ taps, dilation, stride, pads }: AxisWindows, width: number): readonly number[] {
  const last = width + pads.behind - (taps - 1) * dilation - 1;
  const starts: number[] = [];
  for (let at = -pads.before; at <= last; at += stride) starts.push(at);
  return starts;
}

/**
 * From products of all columns those of windows: `[C, W, W]` to `[C, taps, taps]`, summed over the
 * windows beside each other.
 */
export function sumDiagonals({ data, dims }: StatisticsTensor, windows: AxisWindows): Float64Array {
  const [channels, width] = dims as [number, number, number];
  const { taps, dilation } = windows;
  const starts = firstColumns(windows, width);
  const sums = new Float64Array(channels * taps * taps);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * width * width;
    for (let tap = 0; tap < taps; tap++) {
      for (let other = 0; other < taps; other++) {
        let sum = 0;
        for (const start of starts) {
          const row = start + tap * dilation;
          const column = start + other * dilation;
          if (row < 0 || row >= width || column < 0 || column >= width) continue;
          sum += data[from + row * width + column]!;
        }
        sums[at++] = sum;
      }
    }
  }
  return sums;
}

/** The same of sums: `[C, W]` to `[C, taps]`. @param dims `[C, W, W]` */
export function sumOfWindows(
  data: Float32Array,
  windows: AxisWindows,
  [channels, width]: readonly number[],
): Float64Array {
  const { taps, dilation } = windows;
  const starts = firstColumns(windows, width!);
  const sums = new Float64Array(channels! * taps);
  for (let i = 0; i < sums.length; i++) {
    const tap = (i % taps) * dilation;
    const from = Math.floor(i / taps) * width!;
    for (const start of starts) {
      const column = start + tap;
      if (column >= 0 && column < width!) sums[i]! += data[from + column]!;
    }
  }
  return sums;
}
