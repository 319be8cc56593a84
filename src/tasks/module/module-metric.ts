import type { DetectionGroundTruth } from '../../formats/dataset.js';
import { loadModule } from '../../formats/io/load-module.js';
import { loadShipped } from '../../formats/io/load-shipped.js';
import type { EvidenceState } from './evidence-state.js';
import type { JsonObject } from '../../schema/json-value.js';
import type { SampleOrigin } from '../../formats/sample-origin.js';
import type { MetricContext, MetricResult, OutputTensor, TaskMetric } from '../metric.js';
import { replicatedRecord, replicateOutcomes } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import { drawResample } from '../../statistics/bootstrap.js';
import { CustomCodeError } from '../custom-error.js';
import {
  furtherRecords,
  primaryName,
  primaryValue,
  readMetricName,
  readScore,
  type CustomMetricNames,
  type CustomScore,
} from '../custom-score.js';

export interface ModuleTask {
  /** ES module. */
  readonly path: string;
  /** Handed to the module. */
  readonly options: JsonObject;
  /** Replicates of the bootstrap over samples; 0: none. */
  readonly bootstrap: number;
}

/** An output of one sample, as `evaluate` of a metric module gets it. */
interface SampleTensor {
  readonly data: Float32Array;
  /** Without the batch axis. */
  readonly shape: readonly number[];
}

/** What `evaluate` of a metric module is told of a sample; the contract is docs/CUSTOM.md. */
interface SampleFacts {
  readonly sample: number;
  /** Shape of the first output, without the batch axis. */
  readonly shape: readonly number[];
  /** All evaluated outputs, by name. */
  readonly outputs: Readonly<Record<string, SampleTensor>>;
  /** FP32's, where the module asked for them. */
  readonly references: Readonly<Record<string, SampleTensor>> | null;
  /** Path of the sample inside its folder. */
  readonly name: string | null;
  /** Height and width of the picture that it was made from. */
  readonly size: SampleOrigin['size'];
  /** Where the picture lies in the sample. */
  readonly placement: SampleOrigin['placement'];
  readonly label: number | null;
  readonly objects: DetectionGroundTruth['scenes'][number]['objects'] | null;
  /** FP32's first output where the module asked for it. */
  readonly reference: Float32Array | null;
}

/** A metric module, opened and checked. */
interface ModuleMetric extends CustomMetricNames {
  readonly needsReference: boolean;
  evaluate(output: Float32Array, facts: SampleFacts): unknown;
  summarize(evidence: readonly unknown[]): unknown;
}

/**
 * Opens a metric module: `evaluate` turns each sample's output into evidence in whatever process
 * has the sample, and `summarize` turns the evidence of all samples, in order, into the score.
 *
 * @throws DatasetError when the module can't be imported; CustomCodeError when it breaks its
 *   contract
 */
export async function openModuleMetric(task: ModuleTask, context: MetricContext): Promise<TaskMetric<EvidenceState>> {
  const { labels, groundTruth, sampleCount } = context;
  const metric = await loadMetric(task, context);
  const coverage = new Uint8Array(sampleCount);
  const evidence = new Map<number, unknown>();
  const state = (): EvidenceState => ({ kind: 'module', coverage, evidence });
  return {
    needsReference: metric.needsReference,
    async add({ first, count, outputs, reference, origins }) {
      coverSamples(coverage, first, count);
      for (let index = 0; index < count; index += 1) {
        const sample = first + index;
        const own = ofSample(outputs, index, count);
        const references = metric.needsReference && reference !== null ? ofSample(reference, index, count) : null;
        const output = own[outputs[0]!.name]!;
        const origin = origins?.[index] ?? null;
        const facts = {
          ...{ sample, shape: output.shape, outputs: own, references },
          ...{ name: origin?.name ?? null, size: origin?.size ?? null, placement: origin?.placement ?? null },
          label: labels?.[sample] ?? null,
          objects: groundTruth?.scenes[sample]?.objects ?? null,
          reference: references?.[outputs[0]!.name]?.data ?? null,
        };
        evidence.set(sample, await inModule(task, 'evaluate', () => metric.evaluate(output.data, facts)));
      }
    },
    state,
    finish: () => summarize(task, metric, context, state()),
  };
}

/** Copies of one sample's outputs, by name. */
function ofSample(
  outputs: readonly OutputTensor[],
  index: number,
  count: number,
): Readonly<Record<string, SampleTensor>> {
  return Object.fromEntries(
    outputs.map(({ name, data, dims }) => {
      const size = data.length / count;
      return [name, { data: data.slice(index * size, (index + 1) * size), shape: dims.slice(1) }];
    }),
  );
}

/**
 * The score over all samples of `state`. @throws as {@link openModuleMetric}, MetricError when a
 * sample is missing
 */
export async function finishModuleMetric(
  task: ModuleTask,
  context: MetricContext,
  state: EvidenceState,
): Promise<MetricResult> {
  return summarize(task, await loadMetric(task, context), context, state);
}

async function summarize(
  task: ModuleTask,
  metric: ModuleMetric,
  { sampleCount }: MetricContext,
  state: EvidenceState,
): Promise<MetricResult> {
  requireFullCoverage(state.coverage, sampleCount);
  const ordered = Array.from({ length: sampleCount }, (_, sample) => state.evidence.get(sample));
  const scoreOf = async (evidence: readonly unknown[]): Promise<CustomScore> => {
    const given = await inModule(task, 'summarize', () => metric.summarize(evidence));
    return readScore(typeof given === 'number' ? { value: given } : given, `summarize of ${task.path}`);
  };
  const replicates = new Float64Array(task.bootstrap);
  const weight = new Uint16Array(sampleCount);
  for (let replicate = 0; replicate < task.bootstrap; replicate += 1) {
    drawResample(replicate, weight);
    const drawn = ordered.flatMap((each, sample) => Array.from({ length: weight[sample]! }, () => each));
    replicates[replicate] = primaryValue((await scoreOf(drawn)).value, metric);
  }
  const score = await scoreOf(ordered);
  const primary = primaryName(metric);
  const accuracies = [
    replicatedRecord(primary, '', primaryValue(score.value, metric), replicates),
    ...furtherRecords(score, metric),
  ];
  const outcomes = replicateOutcomes(primary, replicates);
  return { evaluation: { primaryMetric: primary, samples: sampleCount, accuracies, outcomes }, argmax: null };
}

async function loadMetric(task: ModuleTask, context: MetricContext): Promise<ModuleMetric> {
  const { path, options } = task;
  const open = await loadModule(path);
  const { groundTruth, sampleCount } = context;
  const classes = groundTruth?.classes ?? null;
  const value = await inModule(task, 'the default export', () =>
    open({ options, sampleCount, classes, load: loadShipped }),
  );
  if (typeof value !== 'object' || value === null) {
    throw new CustomCodeError(`Expected ${path} to return a metric object, got ${String(value)}. See docs/CUSTOM.md.`);
  }
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of ['evaluate', 'summarize'] as const) {
    if (typeof given[name] === 'function') continue;
    throw new CustomCodeError(`Expected ${name} of ${path} to be a function, got ${typeof given[name]}.`);
  }
  const metric = value as Pick<ModuleMetric, 'evaluate' | 'summarize'>;
  return {
    metric: readMetricName(given['metric'], path),
    higherIsBetter: given['higherIsBetter'] !== false,
    needsReference: given['needsReference'] === true,
    evaluate: (output, facts) => metric.evaluate(output, facts),
    summarize: (evidence) => metric.summarize(evidence),
  };
}

async function inModule(task: ModuleTask, what: string, work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (cause) {
    const words = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new CustomCodeError(`${what} of ${task.path} failed: ${words}`, { cause });
  }
}
