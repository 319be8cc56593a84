/** How many rows a model's runs have. */
export interface RunRows {
  /** Of every run, where the model fixes its batch axis; else null. */
  readonly fixed: number | null;
  /** Of a run at least, where the batch is free. */
  readonly least: number;
  /** Of a run at most, where the batch is free; null where nothing but memory limits it. */
  readonly most: number | null;
}

export interface BatchRange {
  readonly first: number;
  readonly count: number;
  /** Samples of one run; a model with a fixed batch axis overrides it. */
  readonly batchSize: number;
}

/**
 * One run: the samples `first .. first + samples - 1`, over and over until `rows` rows are full.
 */
export interface SampleRun {
  readonly first: number;
  readonly samples: number;
  /** A multiple of `samples`. */
  readonly rows: number;
}

/**
 * The runs over a range of samples. In each of them every sample is fed as often as any other, so
 * that means over a tensor are means over its samples without anybody knowing where in the tensor
 * they lie: what is left over where a batch is fixed at 8 and seven samples remain is a run of four
 * twice, of two four times, and of one eight times.
 */
export function sampleRuns({ first, count, batchSize }: BatchRange, rows: RunRows): readonly SampleRun[] {
  const runs: SampleRun[] = [];
  const end = first + count;
  for (let at = first; at < end;) {
    const run = nextRun(end - at, batchSize, rows);
    runs.push({ first: at, ...run });
    at += run.samples;
  }
  return runs;
}

function nextRun(left: number, batchSize: number, { fixed, least, most }: RunRows): Omit<SampleRun, 'first'> {
  if (fixed !== null) return { samples: largestDivisor(fixed, left), rows: fixed };
  const samples = Math.min(Math.max(batchSize, least), most ?? Infinity, left);
  return { samples, rows: samples < least ? samples * Math.ceil(least / samples) : samples };
}

/** The largest divisor of `number` that is at most `limit`. */
function largestDivisor(number: number, limit: number): number {
  let divisor = Math.min(number, limit);
  while (number % divisor !== 0) divisor--;
  return divisor;
}
