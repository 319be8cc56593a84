import { NonFiniteError } from '../../records/non-finite-error.js';
import type { AccuracyRecord, OutcomeRecord } from '../../records/evaluation-record.js';
import { createBitset, setBit } from '../../statistics/bitset.js';
import { wilson95 } from '../../statistics/wilson.js';
import { classesMisfit } from './classes-fit.js';
import type { ClassificationState } from './classification-state.js';
import type { Metric, MetricContext, MetricResult } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { misfitText } from '../output-shape.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';

/**
 * Returns the metric of outputs `[N, classes]` (further axes of length 1 are fine): top-1 and top-5
 * accuracy against labels and agreement with the FP32 model's argmax, each where its reference is
 * given.
 *
 * @throws MetricError when labels or FP32 argmaxes are fewer than the samples.
 */
export function createClassification(context: MetricContext): Metric<ClassificationState> {
  const { labels, sampleCount } = context;
  checkLength('labels', labels, sampleCount);
  checkLength('FP32 argmaxes', context.referenceArgmax, sampleCount);
  const coverage = new Uint8Array(sampleCount);
  const argmax = new Int32Array(sampleCount);
  const labelRank = new Int32Array(sampleCount);
  let classes = 0;
  const state = (): ClassificationState => ({ kind: 'classification', coverage, classes, argmax, labelRank });
  return {
    needsReference: false,
    add({ first, count, outputs: [scored] }) {
      const { data: output, dims: shape } = scored!;
      const found = countClasses(count, output, shape);
      if (classes !== 0 && found !== classes) {
        throw new MetricError(`Expected ${classes} classes as before, got ${found} in the output of sample ${first}`);
      }
      coverSamples(coverage, first, count);
      classes = found;
      for (let index = 0; index < count; index += 1) {
        const sample = first + index;
        const logits = output.subarray(index * classes, (index + 1) * classes);
        argmax[sample] = findArgmax(logits, sample);
        if (labels !== null) labelRank[sample] = rankOf(labels[sample]!, logits, sample);
      }
    },
    isRight: (sample) =>
      labels === null ? argmax[sample] === context.referenceArgmax?.[sample] : labelRank[sample] === 0,
    state,
    finish: () => finishClassification(context, state()),
  };
}

/**
 * Returns accuracies with Wilson intervals and their bitsets. `top5` is left out for 5 classes or
 * fewer, where it is always 1.
 *
 * @throws MetricError when a sample is missing.
 */
export function finishClassification(context: MetricContext, state: ClassificationState): MetricResult {
  const { labels, referenceArgmax, sampleCount } = context;
  requireFullCoverage(state.coverage, sampleCount);
  const accuracies: AccuracyRecord[] = [];
  const outcomes: OutcomeRecord[] = [];

  function record(metric: string, isCorrect: (sample: number) => boolean): void {
    const data = createBitset(sampleCount);
    let correct = 0;
    for (let sample = 0; sample < sampleCount; sample += 1) {
      if (!isCorrect(sample)) continue;
      setBit(data, sample);
      correct += 1;
    }
    const [ciLow, ciHigh] = wilson95(correct, sampleCount);
    const value = correct / sampleCount;
    accuracies.push({ metric, slice: '', value, ciLow, ciHigh, ciMethod: 'wilson', correct, total: sampleCount });
    outcomes.push({ metric, kind: 'bitset', count: sampleCount, data });
  }

  if (labels !== null) record('top1', (sample) => state.labelRank[sample] === 0);
  if (labels !== null && state.classes > 5) record('top5', (sample) => state.labelRank[sample]! < 5);
  if (referenceArgmax !== null) record('agreement', (sample) => state.argmax[sample] === referenceArgmax[sample]);
  const primaryMetric = labels === null ? 'agreement' : 'top1';
  return { evaluation: { primaryMetric, samples: sampleCount, accuracies, outcomes }, argmax: state.argmax };
}

function checkLength(name: string, values: Int32Array | null, sampleCount: number): void {
  if (values !== null && values.length < sampleCount) {
    throw new MetricError(`Expected ${sampleCount} ${name}, got ${values.length}`);
  }
}

function countClasses(count: number, output: Float32Array, shape: readonly number[]): number {
  const [batch, classes] = shape;
  const flat = shape.slice(2).every((size) => size === 1);
  if (batch === count && classes !== undefined && classes >= 2 && flat && output.length === count * classes) {
    return classes;
  }
  const misfit = classesMisfit(shape, { rows: count, groundTruth: null });
  throw new MetricError(
    misfit === null
      ? `Expected an output of shape [${count}, classes], got [${shape.join(', ')}] with ${output.length} numbers`
      : misfitText({ name: 'output', dims: shape }, misfit),
  );
}

function findArgmax(logits: Float32Array, sample: number): number {
  let best = 0;
  for (let index = 0; index < logits.length; index += 1) {
    const logit = logits[index]!;
    if (!Number.isFinite(logit)) throw new NonFiniteError(`output, sample ${sample}, class ${index}`, logit);
    if (logit > logits[best]!) best = index;
  }
  return best;
}

function rankOf(label: number, logits: Float32Array, sample: number): number {
  if (label < 0 || label >= logits.length) {
    throw new MetricError(
      `Expected a label in 0..${logits.length - 1}, the classes of the model's output, got ${label} for sample ${sample}. ` +
        'Labels that begin at 1 need 1 subtracted; labels of other classes need another model or model.output.',
    );
  }
  const own = logits[label]!;
  let rank = 0;
  for (let index = 0; index < logits.length; index += 1) {
    if (logits[index]! > own || (logits[index] === own && index < label)) rank += 1;
  }
  return rank;
}
