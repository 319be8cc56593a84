import type { Plain } from './tasks/task-guess.js';

/** What a first sweep may cost. */
export interface SweepBudget {
  /** Milliseconds of one thread for one sample of FP32; null: not known. */
  readonly msPerSample: number | null;
  readonly slots: number;
  readonly calibrationSamples: number;
  readonly evaluationSamples: number;
}

export interface GridGuess {
  readonly grid: readonly Readonly<Record<string, Plain>>[];
  /** Trials, baselines among them. */
  readonly trials: number;
  readonly evaluation: number;
  readonly batchSize: number;
  readonly batches: number;
  readonly lossSamples: number;
  readonly gateSamples: number;
  /** About, of the whole sweep; null: not known. */
  readonly seconds: number | null;
}

/** Seconds that a first sweep should take. */
const TARGET_SECONDS = 600;
/** A quantized pass beside one of FP32: quantizers and what they cost of fusion. */
const QUANTIZED = 2;
/** Passes of a sample whose layers' losses are measured: two modes, twin graphs. */
const LOSS_PASSES = 8;
const GATE_PASSES = 2;
/** Fewer samples are not worth a sweep. */
const LEAST_SAMPLES = 100;

const wide = { 'smoothing.alpha': { from: 0.1, to: 0.9, step: 0.1 } };
const medium = { 'smoothing.alpha': [0.25, 0.5, 0.75] };
const percentile = { 'quantization.activation.calibrator': ['max', 'percentile'] };

/** From the largest grid to the smallest, with the trials that it makes beside FP32. */
const grids: readonly { readonly grid: GridGuess['grid']; readonly trials: number }[] = [
  {
    grid: [
      { ...wide, ...percentile },
      { 'smoothing.mode': 'none', ...percentile },
    ],
    trials: 20,
  },
  {
    grid: [
      { ...medium, ...percentile },
      { 'smoothing.mode': 'none', ...percentile },
    ],
    trials: 8,
  },
  { grid: [{ ...medium }], trials: 4 },
  { grid: [{ 'smoothing.alpha': 0.5 }], trials: 2 },
];

/**
 * The largest grid, with as many samples, that takes about ten minutes; the smallest where none
 * does.
 */
export function guessGrid(budget: SweepBudget): GridGuess {
  const { msPerSample, slots, calibrationSamples, evaluationSamples } = budget;
  const batchSize = Math.min(4, calibrationSamples);
  const most = Math.floor(calibrationSamples / batchSize);
  const ms = msPerSample === null ? 1 : Math.max(msPerSample, 0.01);
  const sizes = [evaluationSamples, 5000, 2000, 1000, 500, 200, LEAST_SAMPLES, 50, 20, 8]
    .filter((size) => size <= evaluationSamples)
    .sort((a, b) => b - a);
  let last: GridGuess | null = null;
  // Samples before trials, down to a few hundred: then fewer trials.
  for (const [place, { grid, trials }] of grids.entries()) {
    const isLast = place === grids.length - 1;
    for (const evaluation of isLast ? sizes : sizes.filter((size) => size >= Math.min(200, evaluationSamples))) {
      const lossSamples = Math.max(1, Math.min(64, Math.floor(evaluation / 4)));
      const gateSamples = Math.min(16, evaluation);
      const batches = Math.max(1, Math.min(most, 64));
      const ofTrial = QUANTIZED * evaluation + LOSS_PASSES * lossSamples + GATE_PASSES * gateSamples;
      const passes = (trials + 1) * ofTrial + 4 * batches * batchSize;
      const seconds = (passes * ms) / 1000 / slots;
      last = {
        ...{ grid, trials: trials + 1, evaluation, batchSize, batches, lossSamples, gateSamples },
        seconds: msPerSample === null ? null : seconds,
      };
      if (seconds <= TARGET_SECONDS) return last;
    }
  }
  return last!;
}
