import type { TrialSettings } from '../src/experiment/sections/canonical-settings.js';
import type { PlannedTrial } from '../src/plan/plan.js';
import { layerNames, type SyntheticGrid } from './synthetic-experiment.js';

/** Made-up, deterministic numbers of a synthetic sweep that behave as measured ones do. */
export class SyntheticNumbers {
  /** Candidates of searches. */
  readonly alphas = Array.from({ length: 19 }, (_, index) => Number((0.05 * (index + 1)).toFixed(2)));
  readonly #names: readonly string[];
  readonly #factors = new Map<string, { s: string; low: number; high: number; mean: number }>();
  readonly #ranges: readonly string[];
  readonly #difficulty: Float64Array;

  constructor(readonly grid: SyntheticGrid) {
    this.#names = layerNames(grid);
    this.#difficulty = Float64Array.from({ length: grid.evaluationSamples }, (_, index) => noise(index, 0));
    this.#ranges = this.#names.map((_, position) =>
      JSON.stringify(Array.from({ length: grid.channels }, (__, channel) => 0.4 * (1 + noise(channel, position)))),
    );
  }

  /** Name of the layer at a position. */
  layerName(position: number): string {
    return this.#names[position]!;
  }

  /** The alpha that a search chose for a layer. */
  chosenAlpha(position: number, stage: number): number {
    return this.alphas[(position * 5 + (position % 3 === 0 ? stage : 0) + 7) % this.alphas.length]!;
  }

  /** Input amax without smoothing after so many batches, of the samples of a seed. */
  rawAmax(position: number, batches: number, seed: number | null = null): number {
    const luck = seed === null ? 1 : 1 + 0.01 * (position % 7) * (noise(seed, position) - 0.5);
    return luck * (6 + position) * (1 - 0.3 * Math.exp(-Math.log1p(batches) * (0.4 + 0.02 * position)));
  }

  /** Weight amax by output channel, a JSON vector. */
  channelRanges(position: number): string {
    return this.#ranges[position]!;
  }

  /** s of a layer as a JSON vector, with its summary. */
  factors(position: number, alpha: number | null): { s: string; low: number; high: number; mean: number } {
    const name = `${position} ${alpha ?? ''}`;
    const known = this.#factors.get(name);
    if (known !== undefined) return known;
    const s = Array.from({ length: this.grid.channels }, (_, channel) =>
      alpha === null ? 1 : (0.2 + 8 * noise(channel, position)) ** alpha,
    );
    const mean = Math.exp(s.reduce((sum, one) => sum + Math.log(one), 0) / s.length);
    const factors = { s: JSON.stringify(s), low: Math.min(...s), high: Math.max(...s), mean };
    this.#factors.set(name, factors);
    return factors;
  }

  /** Accumulated L1 of a layer. */
  layerL1(position: number, alpha: number | null, { smoothing, quantization }: TrialSettings): number {
    const bend = alpha === null ? 3 : 1 + 6 * (alpha - 0.3 - 0.006 * position) ** 2;
    const view = smoothing.absmax === 'view' ? 1.15 + 0.1 * (position % 4) : 1;
    const coarse = 16 - quantization!.weight.bits - quantization!.activation.bits;
    return 0.004 * (1 + position) * bend * view * (1 + coarse);
  }

  /** Which samples a trial gets right: a bitset, low bit first, and how many. */
  outcome(trial: PlannedTrial): { readonly data: Uint8Array; readonly correct: number } {
    const level = this.#level(trial);
    const data = new Uint8Array(Math.ceil(this.grid.evaluationSamples / 8));
    let correct = 0;
    this.#difficulty.forEach((difficulty, index) => {
      if (difficulty + 0.04 * (noise(index, trial.position + 1) - 0.5) >= level) return;
      data[index >> 3]! |= 1 << (index & 7);
      correct += 1;
    });
    return { data, correct };
  }

  /** Accuracy that a trial tends to. */
  #level({ settings, position }: PlannedTrial): number {
    const { role, quantization, smoothing, calibration, layers } = settings;
    if (role === 'fp32') return 0.92;
    const { weight, activation, execution } = quantization!;
    const cost =
      0.01 * (8 - weight.bits) +
      0.02 * (8 - activation.bits) +
      (weight.granularity === 'tensor' ? 0.013 : 0) +
      (activation.calibrator === 'max' ? 0.004 : 0) +
      (smoothing.absmax === 'view' ? 0.013 : 0) +
      (execution === 'integer' ? 0.002 : 0) -
      0.002 * Number(layers!.keepFloat) +
      (calibration!.batches < 1000 ? 0.0012 : 0) +
      0.003 * noise(position, calibration!.sampleSeed ?? 0);
    if (layers!.sensitivity !== 'none')
      return 0.92 - (layers!.sensitivity === 'only' ? 0.01 : 0.1) * noise(position, 3);
    if (role === 'unsmoothed') return 0.6 - cost;
    if (smoothing.mode === 'dynamic') return 0.905 - cost;
    return 0.91 - cost - 0.2 * Math.abs((smoothing.alpha ?? 0.5) - 0.3) ** 2.2;
  }
}

/** 0 .. 1 out of two integers. */
function noise(one: number, other: number): number {
  let hash = Math.imul(one + 1, 0x9e3779b1) ^ Math.imul(other + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}
