import { NonFiniteError } from '../../records/non-finite-error.js';
import type { AccuracyRecord } from '../../records/evaluation-record.js';
import { createBitset, setBit } from '../../statistics/bitset.js';
import { wilson95 } from '../../statistics/wilson.js';
import type { Metric, MetricContext, MetricResult } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { valuesOutcome } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import type { EmbeddingTask } from './embedding-settings.js';
import type { EmbeddingState } from './embedding-state.js';
import { readPairTruth, type PairTruth } from './pair-truth.js';
import { trueAcceptRate, verifyPairs } from './verification.js';

/** Of the thresholds, by kind of distance. */
const STEPS = { squared: 0.01, cosine: 0.005 } as const;

/**
 * Returns the metric of embeddings `[N, ...]`: whether pairs of samples are the same.
 *
 * @throws MetricError or DatasetError when the pairs don't fit
 */
export function createEmbedding(task: EmbeddingTask, context: MetricContext): Metric<EmbeddingState> {
  const { sampleCount } = context;
  // What is wrong with the pairs is said before outputs are gathered.
  readPairs(task, context);
  const coverage = new Uint8Array(sampleCount);
  let width = 0;
  let embeddings = new Float32Array(0);
  const state = (): EmbeddingState => ({ kind: 'embedding', coverage, width, embeddings });
  return {
    needsReference: false,
    add({ first, count, outputs: [scored] }) {
      const { data, dims } = scored!;
      const size = data.length / count;
      if (dims[0] !== count || !Number.isInteger(size) || size < 2 || (width !== 0 && size !== width)) {
        const form = width === 0 ? `[${count}, ...] with two numbers or more a sample` : `[${count}, ${width}]`;
        throw new MetricError(`Expected an output of shape ${form}, got [${dims.join(', ')}]`);
      }
      coverSamples(coverage, first, count);
      if (width === 0) [width, embeddings] = [size, new Float32Array(sampleCount * size)];
      const bad = data.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw new NonFiniteError(`output, sample ${first + Math.floor(bad / size)}`, data[bad]);
      embeddings.set(data, first * size);
    },
    state,
    finish: () => finishEmbedding(task, context, state()),
  };
}

/** Pairs of evaluated samples, enough of them for the folds. @throws MetricError or DatasetError */
export function readPairs(
  { truth, folds }: EmbeddingTask,
  { names, sampleCount }: Pick<MetricContext, 'names' | 'sampleCount'>,
): PairTruth {
  const pairs = readPairTruth(truth, names, sampleCount);
  const genuine = pairs.same.reduce((sum, each) => sum + each, 0);
  const total = pairs.same.length;
  if (total >= folds && genuine > 0 && genuine < total) return pairs;
  const left = pairs.unused === 0 ? '' : `, ${pairs.unused} others name samples that are not evaluated`;
  throw new MetricError(
    `Expected ${folds} pairs at least (task.folds), same ones and others, in ${truth}, got ${genuine} same and ${total - genuine} others${left}`,
  );
}

/**
 * Returns the accuracy of the pairs with which of them are right, their distances, and the true
 * accept rates that so many pairs can tell.
 *
 * @throws MetricError when a sample is missing
 */
export function finishEmbedding(task: EmbeddingTask, context: MetricContext, state: EmbeddingState): MetricResult {
  requireFullCoverage(state.coverage, context.sampleCount);
  const pairs = readPairs(task, context);
  const distance = distancesOf(state, pairs, task.distance);
  const { accuracies, thresholds, right } = verifyPairs(distance, pairs.same, task.folds, STEPS[task.distance]);
  const total = right.length;
  const correct = right.reduce((sum, each) => sum + each, 0);
  const [ciLow, ciHigh] = wilson95(correct, total);
  const value = meanOf(accuracies);
  const deviation = Math.sqrt(meanOf(accuracies.map((each) => (each - value) ** 2)));
  const records: AccuracyRecord[] = [
    { metric: 'accuracy', slice: '', value, ciLow, ciHigh, ciMethod: 'wilson', correct, total },
    plain('accuracyDeviation', '', deviation),
    plain('threshold', '', meanOf(thresholds)),
  ];
  for (const far of new Set(task.far)) {
    const rate = trueAcceptRate(distance, pairs.same, far);
    if (rate !== null) records.push(plain('tar', String(far), rate));
  }
  const data = createBitset(total);
  right.forEach((each, pair) => {
    if (each === 1) setBit(data, pair);
  });
  return {
    evaluation: {
      primaryMetric: 'accuracy',
      // What is right or wrong is a pair.
      samples: total,
      accuracies: records,
      outcomes: [{ metric: 'accuracy', kind: 'bitset', count: total, data }, valuesOutcome('distance', distance)],
    },
    argmax: null,
  };
}

/** Of normalized embeddings, in float64; one that is all 0 stays so, as in scikit-learn. */
function distancesOf(
  { embeddings, width }: EmbeddingState,
  { first, second }: PairTruth,
  kind: EmbeddingTask['distance'],
): Float64Array {
  const norms = Float64Array.from({ length: embeddings.length / width }, (_, sample) => {
    let sum = 0;
    for (let at = sample * width; at < (sample + 1) * width; at += 1) sum += embeddings[at]! ** 2;
    return sum === 0 ? 1 : Math.sqrt(sum);
  });
  return Float64Array.from(first, (one, pair) => {
    const other = second[pair]!;
    let sum = 0;
    for (let at = 0; at < width; at += 1) {
      sum += (embeddings[one * width + at]! / norms[one]! - embeddings[other * width + at]! / norms[other]!) ** 2;
    }
    return kind === 'squared' ? sum : sum / 2;
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function plain(metric: string, slice: string, value: number): AccuracyRecord {
  return { metric, slice, value, ciLow: null, ciHigh: null, ciMethod: null, correct: null, total: null };
}
