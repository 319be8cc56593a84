/** What a model takes, found by running one sample of it. Bytes; activations are of one sample. */
export interface MemoryProfile {
  /** Of all weights. */
  readonly weights: number;
  /** Activations that are needed at once, at most. */
  readonly live: number;
  /** Inputs of all layers. */
  readonly layerInputs: number;
  /** Outputs of all layers. */
  readonly layerOutputs: number;
  /** Input and output of the layer that has the largest. */
  readonly largestLayer: number;
  /** The evaluated outputs together. */
  readonly output: number;
  /** Input channels of all layers. */
  readonly channels: number;
  /** Rows of every run where the model fixes its batch; else null. */
  readonly fixedBatch: number | null;
}

/** Kinds of work that take memory in ways of their own. */
export type MemoryUse =
  'observe' | 'observeHistograms' | 'moments' | 'reference' | 'evaluate' | 'losses' | 'search' | 'rank';

const MIB = 2 ** 20;

/**
 * A child with the runtime loaded and its caches filled, before any model, and what its sessions
 * leave behind.
 */
const PROCESS = 220 * MIB;

/**
 * Bytes of one channel's histogram while it is counted: two signs of 4096 32-bit counts, and 2048
 * values that wait.
 */
const CHANNEL_HISTOGRAM = 2 * 4096 * 4 + 2048 * 4;

/** The runtime's arenas grow in powers of two and keep what they have. */
const ARENA = 1.5;

/** Copies of the weights: as read, folded, quantized, encoded for the runtime, and held by it. */
const WEIGHT_COPIES = { plain: 5, twin: 8, search: 12 } as const;

/** Samples of one run that quantsweep chooses itself, at most. */
const OWN_SAMPLES = { losses: 8, search: 16, rank: 16 } as const;

/** Samples of one run of `batchSize: auto` at most: more make no CPU faster. */
export const AUTO_BATCH = 16;

/** Samples of one run of the evaluation where memory is not short. */
export function evaluationBatch(batchSize: number | 'auto'): number {
  return batchSize === 'auto' ? AUTO_BATCH : batchSize;
}

/** Samples of one run for second moments at most, and how many numbers those may have together. */
const MOMENTS_RUN = { samples: 64, numbers: 2 ** 18 } as const;

/**
 * Samples of one run for second moments. They follow from the numbers of a sample alone, whatever
 * there is of memory: a run's sums are of float32, and round as the run is cut. Fewer large samples
 * than small ones keep memory and rounding in bounds.
 */
export function momentsBatch(sampleNumbers: number): number {
  const { samples, numbers } = MOMENTS_RUN;
  return Math.max(1, Math.min(samples, Math.floor(numbers / sampleNumbers)));
}

/**
 * Copies of the second moments: of a child that gathers them, as the graph gives them, squares that
 * are added up, triangles, and what leaves it; of one that quantizes by them.
 */
const MOMENTS_COPIES = { gathered: 7, read: 2 } as const;

/** The least samples of one run where the batch is free. */
const LEAST_BATCH = 2;

/** Bytes that a child takes for one kind of work, whatever its batch. */
function fixedBytes(use: MemoryUse, { weights, channels }: MemoryProfile): number {
  switch (use) {
    case 'observe':
    case 'moments':
    case 'reference':
      return PROCESS + WEIGHT_COPIES.plain * weights;
    case 'observeHistograms':
      return PROCESS + WEIGHT_COPIES.plain * weights + channels * CHANNEL_HISTOGRAM;
    case 'evaluate':
    case 'losses':
    case 'rank':
      return PROCESS + WEIGHT_COPIES.twin * weights;
    case 'search':
      return PROCESS + WEIGHT_COPIES.search * weights;
  }
}

/** Bytes for each sample of a run. */
function sampleBytes(use: MemoryUse, { live, layerInputs, layerOutputs, largestLayer, output }: MemoryProfile): number {
  const quantized = live + largestLayer;
  switch (use) {
    case 'reference':
    case 'observe':
      return ARENA * quantized;
    case 'moments':
      // Shifted, padded and unfolded copies of a layer's input.
      return ARENA * (live + 9 * largestLayer);
    case 'observeHistograms':
      // All inputs leave the runtime at once, and are copied on the way.
      return ARENA * live + 2 * layerInputs;
    case 'evaluate':
      // The FP32 model beside the quantized one, each with an arena.
      return ARENA * (live + quantized) + 2 * output;
    case 'rank':
      return ARENA * quantized + 2 * output;
    case 'losses':
    case 'search':
      // FP32's tensors wait for the twin's or the candidates'.
      return ARENA * (quantized + layerInputs + layerOutputs + 4 * largestLayer);
  }
}

/**
 * Bytes that a child takes at its peak, roughly: tested to be within a factor of three of what is
 * measured.
 */
export function peakBytes(use: MemoryUse, profile: MemoryProfile, batch: number): number {
  return fixedBytes(use, profile) + sampleBytes(use, profile) * (profile.fixedBatch ?? Math.max(batch, LEAST_BATCH));
}

/**
 * Samples of one run that a child may hold within so many bytes; at least two, which no run goes
 * below.
 */
export function fittingBatch(use: MemoryUse, profile: MemoryProfile, allowed: number): number {
  const fitting = Math.floor((allowed - fixedBytes(use, profile)) / sampleBytes(use, profile));
  return Math.max(LEAST_BATCH, fitting);
}

/** What one child may be given to do, with the samples of one run that its settings ask for. */
export interface MemoryWork {
  readonly histograms: boolean;
  readonly searches: boolean;
  readonly ranks: boolean;
  readonly quantizes: boolean;
  /**
   * Bytes of the second moments and of rounding the largest layer by them, and the samples of a run
   * that gathers them; absent: none.
   */
  readonly moments?: { readonly bytes: number; readonly rounding: number; readonly batch: number };
  readonly calibrationBatch: number;
  readonly evaluationBatch: number | 'auto';
}

/** By what a job is: samples of one run at most, null where its settings say more exactly. */
export interface BatchLimits {
  readonly observe: number;
  readonly reference: number;
  readonly search: number;
  readonly rank: number;
  readonly trial: number;
}

export function batchLimits(profile: MemoryProfile, allowed: number): BatchLimits {
  const fit = (use: MemoryUse): number => fittingBatch(use, profile, allowed);
  const losses = fit('losses');
  const evaluate = fit('evaluate');
  return {
    observe: Math.min(fit('observe'), fit('observeHistograms')),
    reference: fit('reference'),
    search: fit('search'),
    rank: fit('rank'),
    // Losses take no more than their own number of samples, whatever the limit.
    trial: losses >= OWN_SAMPLES.losses ? evaluate : Math.min(evaluate, losses),
  };
}

/**
 * The kind of work that takes most of a child's memory, and how much, with the batches that the
 * limits leave.
 */
export function estimatePeak(
  profile: MemoryProfile,
  work: MemoryWork,
  limits: BatchLimits,
): { readonly use: MemoryUse; readonly batch: number; readonly bytes: number } {
  const evaluation = (limit: number): number =>
    work.evaluationBatch === 'auto' ? Math.min(AUTO_BATCH, limit) : work.evaluationBatch;
  const uses: (readonly [use: MemoryUse, batch: number, moments?: number])[] = [
    ['reference', evaluation(limits.reference)],
  ];
  const read = MOMENTS_COPIES.read * (work.moments?.bytes ?? 0) + (work.moments?.rounding ?? 0);
  if (work.quantizes) {
    const observed = Math.min(work.calibrationBatch, limits.observe);
    uses.push(['observe', observed], ['observeHistograms', work.histograms ? observed : LEAST_BATCH]);
    uses.push(
      ['evaluate', evaluation(limits.trial), read],
      ['losses', Math.min(OWN_SAMPLES.losses, evaluation(limits.trial)), read],
    );
  }
  if (work.moments !== undefined) {
    uses.push(['moments', work.moments.batch, MOMENTS_COPIES.gathered * work.moments.bytes]);
  }
  if (work.searches) uses.push(['search', Math.min(OWN_SAMPLES.search, limits.search), read]);
  if (work.ranks) uses.push(['rank', Math.min(OWN_SAMPLES.rank, limits.rank)]);
  const peaks = uses.map(([use, batch, moments = 0]) => ({
    use,
    batch: profile.fixedBatch ?? batch,
    bytes: peakBytes(use, profile, batch) + moments,
  }));
  return peaks.reduce((most, peak) => (peak.bytes > most.bytes ? peak : most));
}
