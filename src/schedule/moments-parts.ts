import type { MomentsStage } from '../plan/plan.js';
import type { JobModel } from '../engine/jobs/job-model.js';
import type { MomentsJob } from '../engine/jobs/moments/moments-job.js';
import type { StagePart } from './stage-parts.js';

/** Samples `first .. end - 1`. */
export interface SampleRange {
  readonly first: number;
  readonly end: number;
}

/** The first so many samples, and each doubling behind them, are cut alike. */
const OCTAVE = 256;

/**
 * How many parts that many samples are cut into, where parts are not too large to keep so many.
 * Each part makes a session of its own, which takes as long as some tens of samples.
 */
const PARTS = [4, 2, 1] as const;

/** Bytes of the parts of an octave, which the store and the parent's memory hold at once. */
const PARTS_BYTES = 64 * 2 ** 20;

/** @param bytes of the moments of all layers */
export function partsPerOctave(bytes: number): number {
  return PARTS.find((parts) => parts * bytes <= PARTS_BYTES) ?? 1;
}

/**
 * Ranges that the first `samples` are the sums of, in the order in which they are added. Ends lie
 * at fixed places, all but the last, so that the moments of a prefix have the same bits whichever
 * other prefixes are wanted beside it.
 */
export function rangesOf(samples: number, perOctave: number): readonly SampleRange[] {
  const ranges: SampleRange[] = [];
  for (let first = 0; first < samples;) {
    const octave = first < OCTAVE ? OCTAVE : 2 ** Math.floor(Math.log2(first));
    const end = Math.min(samples, first + octave / perOctave);
    ranges.push({ first, end });
    first = end;
  }
  return ranges;
}

export function idOf({ first, end }: SampleRange): string {
  return `samples ${first}-${end}`;
}

/** Every range that one of the stage's prefixes needs, once. */
export function momentsParts(
  stage: MomentsStage,
  model: JobModel,
  perOctave: number,
): readonly StagePart<MomentsJob>[] {
  const { preprocess, calibration, ops, samples } = stage;
  const { source, sampleSeed } = calibration;
  const ranges = new Map(samples.flatMap((size) => rangesOf(size, perOctave)).map((range) => [idOf(range), range]));
  return [...ranges].map(([id, range]) => ({
    id,
    job: { kind: 'moments', model, preprocess, source, sampleSeed, ops, ...range },
  }));
}
