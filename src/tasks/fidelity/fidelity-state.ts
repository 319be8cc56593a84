import { MetricError } from '../metric-error.js';
import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** What is kept of an output y beside FP32's r, a number for each sample. */
export const likenessColumns = [
  /** `max(0, y.r / sqrt(y.y r.r))`; 1 where both are all 0, 0 where one is. */
  'cosine',
  /** Sums over the output: r^2, (y - r)^2, |r|, |y - r|. */
  'signal',
  'noise',
  'absoluteSignal',
  'absoluteNoise',
  /** Largest |y - r|. */
  'largestError',
  /** Of r. */
  'lowest',
  'highest',
  /** Of r: rows that differ have different ones, but by chance. */
  'fingerprint',
  /** Numbers of r. */
  'size',
  /** Numbers of y that equal r's. */
  'equal',
  /** 1 where r has whole numbers only. */
  'whole',
  /** Places along whose class axis the largest values were compared, and where they agree. */
  'places',
  'argmaxMatches',
  /** Sum over places of the share of r's k largest that are among y's; -1 where there are not k. */
  'topKShares',
] as const;

export type LikenessColumn = (typeof likenessColumns)[number];

/** Of one output, `[sampleCount]` each; entries of samples that are not covered are 0. */
export interface OutputLikeness {
  readonly name: string;
  readonly columns: Readonly<Record<LikenessColumn, Float64Array>>;
}

export interface FidelityState {
  readonly kind: 'fidelity';
  readonly coverage: SampleCoverage;
  /** In the order in which they are evaluated; none before the first sample. */
  readonly outputs: readonly OutputLikeness[];
}

/** Columns for an output of which nothing was seen yet. */
export function emptyLikeness(name: string, sampleCount: number): OutputLikeness {
  const entries = likenessColumns.map((column) => [column, new Float64Array(sampleCount)]);
  return { name, columns: Object.fromEntries(entries) as OutputLikeness['columns'] };
}

/**
 * Returns the state over all samples that any of `states` has.
 *
 * @throws MetricError when a sample is in two states, or outputs differ
 */
export function mergeFidelityStates(states: readonly FidelityState[]): FidelityState {
  const coverage = uniteCoverages(states.map((state) => state.coverage));
  const filled = states.filter(({ outputs }) => outputs.length > 0);
  const outputs = (filled[0]?.outputs ?? []).map(({ name }) => emptyLikeness(name, coverage.length));
  const names = namesOf(outputs);
  for (const state of filled) {
    if (namesOf(state.outputs) !== names) {
      throw new MetricError(`Expected states of outputs ${names}, got one of ${namesOf(state.outputs)}`);
    }
    outputs.forEach(({ columns }, index) => {
      for (const column of likenessColumns) {
        const from = state.outputs[index]!.columns[column];
        const to = columns[column];
        for (let sample = 0; sample < to.length; sample += 1) to[sample]! += from[sample]!;
      }
    });
  }
  return { kind: 'fidelity', coverage, outputs };
}

function namesOf(outputs: readonly { readonly name: string }[]): string {
  return outputs.map(({ name }) => name).join(', ');
}
