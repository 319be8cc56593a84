import { CALIBRATION_BINS, type CalibrationHistogram } from '../histograms/smoothed-histogram.js';
import { amaxByHistogram } from './amax-by-histogram.js';
import type { Calibrator } from './calibrator.js';

/** The smallest candidate range, in bins; every longer one is tried. */
const START_BIN = 128;

/** Of the smallest KL divergence. */
export const entropyCalibrator: Calibrator = {
  description: 'the range with the smallest KL divergence of the quantized distribution from the real one',
  reads: 'histograms',
  parameters: [],
  amax: amaxByHistogram((histogram, { levels }) => entropyAmax(histogram, levels)),
  asymmetric: { obstacle: 'defined on symmetric ranges' },
};

/** Divergences that differ by less are equal: the sums of logarithms are exact to about 1e-14. */
const TIE = 1e-12;

/**
 * The range whose quantized distribution has the smallest KL divergence from the real one, as
 * pytorch-quantization defines it. For a range of i bins (128, 129, ..., 2048): the reference P is
 * the first i bins, with all counts beyond added to the last of them; Q is the first i bins
 * averaged over each of the `levels` equal parts of the range, empty bins staying empty. Bin 0
 * counts as much as bin 1, whatever it holds (zeros behind a ReLU would outweigh all else). Of
 * equal divergences the largest range wins.
 *
 *     KL(P || Q) = sum_j p_j ln(p_j / q_j)
 *
 * Q is constant within a part, so that a candidate costs one logarithm a part; sums over bins come
 * from running sums.
 *
 * @param levels of the positive side: `2^(bits - 1)` signed, `2^bits` unsigned
 */
export function entropyAmax({ counts, high }: CalibrationHistogram, levels: number): number {
  const bins = counts.slice();
  bins[0] = bins[1]!;
  const running = runningSums(bins);
  const total = running.mass[bins.length]!;
  if (total === 0) return high;
  let smallest = Infinity;
  const divergences = new Float64Array(bins.length + 1).fill(Infinity);
  for (let i = START_BIN; i <= bins.length; i++) {
    divergences[i] = divergence(bins, running, i, levels);
    smallest = Math.min(smallest, divergences[i]!);
  }
  const best = divergences.findLastIndex((d) => d <= smallest + TIE);
  return (best * high) / CALIBRATION_BINS;
}

/** Sums over the bins before each bin `[bins + 1]`. */
interface RunningSums {
  readonly mass: Float64Array;
  readonly filled: Float64Array;
  /** Of n ln n. */
  readonly information: Float64Array;
}

function runningSums(bins: Float64Array): RunningSums {
  const mass = new Float64Array(bins.length + 1);
  const filled = new Float64Array(bins.length + 1);
  const information = new Float64Array(bins.length + 1);
  for (const [j, n] of bins.entries()) {
    mass[j + 1] = mass[j]! + n;
    filled[j + 1] = filled[j]! + (n > 0 ? 1 : 0);
    information[j + 1] = information[j]! + (n > 0 ? n * Math.log(n) : 0);
  }
  return { mass, filled, information };
}

/** KL divergence of the range of the first i bins; infinite where Q is 0 and P is not. */
function divergence(bins: Float64Array, { mass, filled, information }: RunningSums, i: number, levels: number): number {
  const total = mass[bins.length]!;
  const beyond = total - mass[i]!;
  const last = bins[i - 1]!;
  if (mass[i] === 0 || (last === 0 && beyond > 0)) return Infinity;
  const lastWithBeyond = last + beyond;
  const ownInformation = information[i - 1]! + (lastWithBeyond > 0 ? lastWithBeyond * Math.log(lastWithBeyond) : 0);
  // With as many levels as bins or more, each bin is a part of its own.
  const parts = Math.min(levels, i);
  let cross = 0;
  let from = 0;
  for (let part = 1; part <= parts; part++) {
    const to = Math.ceil((part * i) / parts);
    const partMass = mass[to]! - mass[from]!;
    if (partMass > 0) {
      const reference = to === i ? partMass + beyond : partMass;
      cross += reference * Math.log(partMass / (filled[to]! - filled[from]!));
    }
    from = to;
  }
  return (ownInformation - cross) / total - Math.log(total) + Math.log(mass[i]!);
}
