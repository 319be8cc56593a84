import { mergeObservations } from '../calibrate/merge-observations.js';
import { chooseCandidate } from '../losses/choose-candidate.js';
import type { DisplayHistograms, ObservationRecord } from '../records/observation-record.js';
import type { LayerRankRecord } from '../records/rank-record.js';
import type { SearchPoint } from '../records/search-record.js';
import type { SearchSettings } from '../experiment/sections/settings.js';
import type { ObserveStage, QuantizedStage, RankStage, ReferenceStage, SearchStage } from '../plan/plan.js';
import type { JobModel } from '../engine/jobs/job-model.js';
import type { ObserveJob } from '../engine/jobs/observe/observe-job.js';
import type { QuantizedJob } from '../engine/jobs/quantized-job.js';
import type { RankJob } from '../engine/jobs/rank/rank-job.js';
import type { ReferenceJob } from '../engine/jobs/reference/reference-job.js';
import type { SearchJob, SearchResult } from '../engine/jobs/search/search-job.js';
import { taskOf } from '../tasks/task-settings.js';
import type { StoredSearch } from '../store/store.js';

/** A piece of a stage that one child does in one go; finished parts survive an interruption. */
export interface StagePart<J> {
  /**
   * Stable across runs, so that a resumed stage finds its finished parts whatever the number of
   * slots.
   */
  readonly id: string;
  readonly job: J;
}

/**
 * A stage over samples is cut into so many ranges: enough to keep several slots busy and to lose
 * little when killed.
 */
const RANGES = 8;

/**
 * Candidates of a search that share one graph, and so one FP32 pass; fewer where the weights are
 * large.
 */
const CANDIDATES_PER_PART = 5;

/**
 * A search's graph holds the weights of the model and of each candidate, and must stay well below 2
 * GB.
 */
const SEARCH_GRAPH_BYTES = 1.5e9;

/**
 * Samples whose layer inputs are counted for people to look at, in every sweep: 16 images have
 * thousands of numbers in the smallest layers, and counting them takes a fiftieth of observing six
 * thousand (bench/README.md).
 */
const DISPLAY_SAMPLES = 16;

export function observeParts(stage: ObserveStage, model: JobModel): readonly StagePart<ObserveJob>[] {
  const { calibration, preprocess, snapshots, methods, required } = stage;
  const histograms = stage.histograms ? required : null;
  const { source, sampleSeed, batchSize, batches } = calibration;
  // Where full histograms are kept there is nothing to add; else no more than each trial has
  // calibrated on.
  const displaySamples = stage.histograms ? 0 : Math.min(DISPLAY_SAMPLES, required[0]! * batchSize);
  return ranges(batches).map(([firstBatch, endBatch]) => ({
    id: `batches ${firstBatch}-${endBatch}`,
    job: {
      kind: 'observe',
      model,
      preprocess,
      source,
      sampleSeed,
      batchSize,
      firstBatch,
      endBatch,
      snapshots,
      methods,
      histograms,
      ...(stage.targets === undefined ? {} : { targets: stage.targets }),
      displaySamples: firstBatch === 0 ? displaySamples : 0,
    },
  }));
}

/** @param parts results in the order of `observeParts` */
export function mergeObserveParts(
  stage: ObserveStage,
  parts: readonly (readonly ObservationRecord[])[],
): readonly ObservationRecord[] {
  return mergeObservations(parts, stage.snapshots, stage.histograms ? stage.required : []);
}

/**
 * Histograms to look at, of the part that begins with the first sample. Null where none were
 * gathered.
 */
export function displayOf(parts: readonly (readonly ObservationRecord[])[]): DisplayHistograms | null {
  return parts[0]?.at(-1)?.display ?? null;
}

export function referenceParts(
  stage: ReferenceStage,
  model: JobModel,
  samples: number,
): readonly StagePart<ReferenceJob>[] {
  const { preprocess, evaluation, task } = stage;
  const parts = taskOf(task.kind).isWhole === true ? [[0, samples] as const] : ranges(samples);
  return parts.map(([first, end]) => ({
    id: `samples ${first}-${end}`,
    job: { kind: 'reference', model, preprocess, evaluation, task, first, count: end - first, samples },
  }));
}

/** What the jobs of a search or ranking take of their stage. */
function quantizedJob(
  { preprocess, calibration, layers, quantization, smoothing, task }: QuantizedStage,
  model: JobModel,
  observation: ObservationRecord,
): QuantizedJob {
  return { model, preprocess, calibration, layers, quantization, smoothing, task, observation };
}

/**
 * Isolated losses of some candidates each; the other orders build on choices already made, so they
 * are one part.
 */
export function searchParts(
  stage: SearchStage,
  model: JobModel,
  observation: ObservationRecord,
  modelBytes: number,
  moments: SearchJob['moments'] = null,
): readonly StagePart<SearchJob>[] {
  const { search } = stage;
  const common = quantizedJob(stage, model, observation);
  const part = (candidates: readonly number[]): StagePart<SearchJob> => ({
    id: `alpha ${candidates.join(' ')}`,
    job: { kind: 'search', ...common, search, moments, candidates },
  });
  if (search.order !== 'isolated') return [part(search.candidates)];
  const fitting = Math.floor(SEARCH_GRAPH_BYTES / modelBytes) - 1;
  const perPart = Math.max(1, Math.min(CANDIDATES_PER_PART, fitting));
  const parts: StagePart<SearchJob>[] = [];
  for (let i = 0; i < search.candidates.length; i += perPart) {
    parts.push(part(search.candidates.slice(i, i + perPart)));
  }
  return parts;
}

/** How many parts a ranking is cut into at most. */
const RANK_PARTS = 8;

export function rankParts(
  stage: RankStage,
  model: JobModel,
  observation: ObservationRecord,
  moments: RankJob['moments'] = null,
): readonly StagePart<RankJob>[] {
  const { samples, errorBits } = stage;
  const own = errorBits === undefined ? {} : { errorBits, moments };
  const common = quantizedJob(stage, model, observation);
  const of = Math.max(1, Math.min(RANK_PARTS, observation.inputs.length));
  return Array.from({ length: of }, (_, index) => ({
    id: `layers ${index + 1} of ${of}`,
    job: { kind: 'rank', ...common, samples, ...own, share: { index, of } },
  }));
}

/** All layers, the one that hurts most first; equal ones by name. */
export function mergeRanks(parts: readonly (readonly LayerRankRecord[])[]): readonly LayerRankRecord[] {
  return parts.flat().sort((a, b) => b.divergence - a.divergence || (a.layer < b.layer ? -1 : 1));
}

/**
 * What a search found: each layer's candidate with the smallest loss, unless the search itself made
 * its choices.
 *
 * @param parts results in the order of `searchParts`
 * @param ties which of equally good candidates is taken
 */
export function chooseAlphas(parts: readonly SearchResult[], ties: SearchSettings['ties']): StoredSearch {
  const points: SearchPoint[] = [];
  for (const part of parts) {
    if (part.kind === 'choice') return part.search;
    points.push(...part.points);
  }
  const byLayer = new Map<string, SearchPoint[]>();
  for (const point of points) byLayer.set(point.layer, [...(byLayer.get(point.layer) ?? []), point]);
  const best = new Map([...byLayer].map(([layer, own]) => [layer, chooseCandidate(own, ties)]));
  return {
    points: points.map((p) => ({ ...p, chosen: best.get(p.layer) === p })),
    alphaCurve: [],
    alphas: new Map([...best].map(([layer, { alpha }]) => [layer, alpha])),
  };
}

/** Cuts `0 .. count` into at most RANGES consecutive, nearly equal ranges `[first, end)`. */
function ranges(count: number): readonly (readonly [number, number])[] {
  const parts = Math.min(RANGES, count);
  const edge = (i: number): number => Math.floor((i * count) / parts);
  return Array.from({ length: parts }, (_, i) => [edge(i), edge(i + 1)] as const);
}
