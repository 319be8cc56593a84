import type { AccuracyRecord } from '../../records/evaluation-record.js';
import { drawResample } from '../../statistics/bootstrap.js';
import type { Metric, MetricContext, MetricResult, OutputTensor } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { replicatedRecord, replicateOutcomes } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import { classAxis, compareAlongAxis } from './axis-agreement.js';
import { choiceName, isWorseAbove, rankedName, rankedValue, type OutputChoice } from './fidelity-metrics.js';
import { fullFidelity, primaries, type FidelityPrimary, type FidelityTask } from './fidelity-settings.js';
import { emptyLikeness, type FidelityState, type LikenessColumn, type OutputLikeness } from './fidelity-state.js';
import { measureLikeness } from './measure-likeness.js';
import { requireNamedOutput } from './require-named-output.js';
import {
  isMeasurable,
  nothingToJudge,
  outputKind,
  outputMetrics,
  outputValue,
  type OutputMetric,
} from './output-values.js';

/**
 * Returns the metric of any outputs `[N, ...]` that needs no labels: how far each is from the FP32
 * model's, see {@link outputValue}. FP32 against itself has a cosine of exactly 1.
 */
export function createFidelity(task: FidelityTask, context: MetricContext): Metric<FidelityState> {
  const { sampleCount } = context;
  const { argmaxAxis, topK } = fullFidelity(task);
  const coverage = new Uint8Array(sampleCount);
  let likenesses: readonly OutputLikeness[] = [];
  const state = (): FidelityState => ({ kind: 'fidelity', coverage, outputs: likenesses });

  function compare(output: OutputTensor, reference: OutputTensor, likeness: OutputLikeness, sample: number): void {
    const what = likenesses.length > 1 ? ` "${output.name}", sample ${sample}` : `, sample ${sample}`;
    const axis = output.data.length === reference.data.length ? classAxis(reference.dims, argmaxAxis) : null;
    const measured: Record<LikenessColumn, number> = {
      ...measureLikeness(output.data, reference.data, what),
      ...compareAlongAxis(output.data, reference.data, reference.dims, axis, topK),
    };
    for (const [column, value] of Object.entries(measured)) {
      likeness.columns[column as LikenessColumn][sample] = value;
    }
  }

  return {
    needsReference: true,
    add({ first, count, outputs, reference }) {
      if (likenesses.length === 0) likenesses = outputs.map(({ name }) => emptyLikeness(name, sampleCount));
      const pairs = outputs.map((output, index) => [output, reference?.[index]] as const);
      for (const [output, other] of pairs) checkPair(output, other, count, outputs.length === 1);
      coverSamples(coverage, first, count);
      pairs.forEach(([output, other], index) => {
        for (let row = 0; row < count; row += 1) {
          compare(rowOf(output, row, count), rowOf(other!, row, count), likenesses[index]!, first + row);
        }
      });
    },
    state,
    finish: () => finishFidelity(task, context, state()),
  };
}

/**
 * Returns all values of all outputs; the one that trials are ranked by comes first, with the
 * interval of the bootstrap over samples and its replicates.
 *
 * @throws MetricError when a sample is missing, or no output can be judged by what trials are
 *   ranked by
 */
export function finishFidelity(task: FidelityTask, context: MetricContext, state: FidelityState): MetricResult {
  const { sampleCount } = context;
  requireFullCoverage(state.coverage, sampleCount);
  const { primary, primaryOutput } = fullFidelity(task);
  const kinds = state.outputs.map((output) => [output, outputKind(output)] as const);
  const isAlone = kinds.length === 1;
  if (isAlone && kinds[0]![1] === 'varying') throw nothingToJudge(primary, kinds);
  const judgedBy = (metric: OutputMetric): readonly OutputLikeness[] =>
    kinds.flatMap(([output, kind]) =>
      // What an output that is alone can't be told by is said of FP32's.
      (isAlone && metric === 'cosine') || isMeasurable(metric, output, kind) ? [output] : [],
    );

  const choice: OutputChoice =
    isAlone || primaryOutput === 'mean' ? 'all' : primaryOutput === 'worst' ? 'worst' : 'named';
  const ranked = judgedBy(primary).filter(({ name }) => choice !== 'named' || name === primaryOutput);
  if (choice === 'named') {
    requireNamedOutput(
      primaryOutput,
      state.outputs.map(({ name }) => name),
    );
  }
  if (ranked.length === 0) throw nothingToJudge(primary, kinds);
  const rankedBy = (weight: Uint16Array): number => {
    const values = ranked.map((output) => outputValue(primary, output, weight));
    return rankedValue(primary, choice === 'worst' ? worstOf(primary, values) : meanOf(values));
  };

  const weight = new Uint16Array(sampleCount);
  const replicates = new Float64Array(task.bootstrap);
  for (let replicate = 0; replicate < task.bootstrap; replicate += 1) {
    drawResample(replicate, weight);
    replicates[replicate] = rankedBy(weight);
  }
  weight.fill(1);
  const name = rankedName(primary, choice);
  const accuracies = [replicatedRecord(name, '', rankedBy(weight), replicates)];
  const record = (metric: string, slice: string, value: number): void => {
    if (metric === name && slice === '') return;
    accuracies.push(plainRecord(metric, slice, value));
  };
  for (const metric of outputMetrics) {
    const judged = judgedBy(metric);
    if (judged.length === 0) continue;
    const values = judged.map((output) => outputValue(metric, output, weight));
    record(metric, '', metric === 'largestError' ? Math.max(...values) : meanOf(values));
    if (isAlone) continue;
    judged.forEach((output, index) => {
      record(metric, output.name, values[index]!);
    });
    if (!isPrimary(metric)) continue;
    const worst = worstOf(metric, values);
    record(choiceName(metric, 'worst'), judged[values.indexOf(worst)]!.name, worst);
  }
  const outcomes = replicateOutcomes(name, replicates);
  return { evaluation: { primaryMetric: name, samples: sampleCount, accuracies, outcomes }, argmax: null };
}

function checkPair(output: OutputTensor, reference: OutputTensor | undefined, count: number, isAlone: boolean): void {
  const { data, dims, name } = output;
  const called = isAlone ? 'an output' : `output "${name}"`;
  const isEmpty = data.length === 0 && isAlone;
  if (dims[0] !== count || isEmpty || data.length % count !== 0) {
    throw new MetricError(`Expected ${called} of shape [${count}, ...], got [${dims.join(', ')}]`);
  }
  const isAlike = isAlone || count > 1 ? reference?.data.length === data.length : reference !== undefined;
  if (isAlike) return;
  const got = reference === undefined ? 'none' : `${reference.data.length} numbers`;
  throw new MetricError(`Expected the FP32 output of the same samples, ${data.length} numbers, got ${got}`);
}

function rowOf({ name, data, dims }: OutputTensor, row: number, count: number): OutputTensor {
  const size = data.length / count;
  return { name, data: data.subarray(row * size, (row + 1) * size), dims: [1, ...dims.slice(1)] };
}

function isPrimary(metric: string): metric is FidelityPrimary {
  return (primaries as readonly string[]).includes(metric);
}

function worstOf(metric: FidelityPrimary, values: readonly number[]): number {
  return isWorseAbove(metric) ? Math.max(...values) : Math.min(...values);
}

/** Of one value the value itself, to the last bit. */
function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function plainRecord(metric: string, slice: string, value: number): AccuracyRecord {
  return { metric, slice, value, ciLow: null, ciHigh: null, ciMethod: null, correct: null, total: null };
}
