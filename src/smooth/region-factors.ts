import type { InputStatistics } from '../records/observation-record.js';
import { DEAD_CHANNEL_ABSMAX, type SmoothingFactors } from './smoothing-factors.js';

/** What one layer would divide its own input by. */
export interface ReaderFactors {
  /** `[I]`: the class of each input channel. */
  readonly classes: Int32Array;
  readonly factors: SmoothingFactors;
  readonly statistics: Pick<InputStatistics, 'absmax'>;
}

/**
 * The factor of each class of channels in a region: the largest that any of its readers has in that
 * class, and so as large as each of them needs. Where a reader has several channels in one class
 * (the positions behind a Flatten), those that the calibration data left at zero do not count
 * beside others.
 *
 * @param classes how many there are
 * @returns `[classes]`; 1 where no reader has a channel
 */
export function regionFactors(classes: number, readers: readonly ReaderFactors[]): Float32Array {
  const s = new Float32Array(classes);
  for (const reader of readers) {
    for (const [own, factor] of largestOfClasses(classes, reader).entries()) if (factor > s[own]!) s[own] = factor;
  }
  return s.map((factor) => (factor === 0 ? 1 : factor));
}

/** `[classes]`; 0 where the reader has no channel. */
function largestOfClasses(count: number, { classes, factors, statistics }: ReaderFactors): Float32Array {
  const [alive, dead] = [new Float32Array(count), new Float32Array(count)];
  for (const [channel, own] of classes.entries()) {
    const isAlive = statistics.absmax[channel]! > DEAD_CHANNEL_ABSMAX;
    const largest = isAlive ? alive : dead;
    largest[own] = Math.max(largest[own]!, factors.s[channel]!);
  }
  return alive.map((factor, own) => (factor === 0 ? dead[own]! : factor));
}
