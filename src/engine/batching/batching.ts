import type { Dataset } from '../../formats/dataset.js';
import { ModelError } from '../../onnx/model-error.js';
import { fixedBatchSize, type ModelIo } from '../../onnx/model-io.js';
import { AUTO_BATCH } from '../../plan/estimate/estimate-memory.js';
import { batchWithin, type JobContext } from '../jobs/job-context.js';
import type { Cache } from '../jobs/job-caches.js';
import type { LoadedModel } from '../session/load-model.js';
import { statedBatchAxis, type BatchAxis } from './batch-axis.js';
import { observeBatchAxes } from './observe-batch-axes.js';
import { probeBatch } from './probe-batch.js';
import { samplesFirst, sharedByAll, singleSample, type SampleLayout } from './sample-layout.js';
import type { RunRows, SampleRun } from './sample-runs.js';
import type { OutputTensor } from '../../tasks/metric.js';
import { isInteger } from '../../onnx/evaluated-outputs.js';
import { RuntimeError, type FloatTensor, type Outputs } from '../session/session.js';

/** Where in an output samples are found. */
export interface OutputBatching {
  /**
   * In runs of several rows; `shared`: all samples have the whole output; null: `unknown` says why
   * nothing is known.
   */
  readonly layout: SampleLayout | 'shared' | null;
  readonly unknown: string;
  /** In runs of one row. */
  readonly batchAxis: BatchAxis;
}

/** How samples are fed to a model together, and found again in its outputs. */
export interface Batching extends RunRows {
  readonly io: ModelIo;
  /** Of every evaluated output. */
  readonly outputs: ReadonlyMap<string, OutputBatching>;
  /** Why no sample may be fed more than once in a run; null where it may. */
  readonly noCopies: string | null;
  /** Why `absmax: view` can't be observed in such a run; null where it can. */
  readonly noViewOfCopies: string | null;
}

const asIs = { noCopies: null, noViewOfCopies: null };

/**
 * Of a model of which nothing was found out: its samples lie one after the other, and do not see
 * each other.
 */
export function plainBatching(io: ModelIo): Batching {
  const outputs = new Map(
    io.outputs.map((output) => [output.name, { layout: null, unknown: '', batchAxis: statedBatchAxis(io, output) }]),
  );
  return { io, fixed: fixedBatchSize(io), least: 1, most: null, outputs, ...asIs };
}

/** By model; then by data and session. */
const knownBatchings: Cache<WeakMap<LoadedModel, Map<string, Promise<Batching>>>> = { start: () => new WeakMap() };

/**
 * Finds out, by running the FP32 model on a few samples, whether samples that share a run influence
 * each other and where each of them lies in the output. Asked once a process, model and data.
 *
 * - Batch free: runs have two rows at least. With a single one the runtime reduces and multiplies
 *   by other kernels, whose last bits differ, so that results would hang on the batch size, which
 *   is in no key. Where samples influence each other, or can't be told apart in an output, as where
 *   its size is what was found in them, each is run alone.
 * - Batch fixed: runs are full; an incomplete one is filled evenly (`sampleRuns`), or refused where
 *   samples influence each other.
 *
 * @param data identifies the dataset
 */
export function openBatching(
  model: LoadedModel,
  dataset: Dataset,
  data: unknown,
  context: JobContext,
): Promise<Batching> {
  const known = context.caches.of(knownBatchings);
  const ofModel = known.get(model) ?? new Map<string, Promise<Batching>>();
  known.set(model, ofModel);
  const key = JSON.stringify([data, context.session]);
  const before = ofModel.get(key);
  if (before !== undefined) return before;
  const found = find(model, dataset, context);
  ofModel.set(key, found);
  // What was short of memory is asked again.
  found.catch(() => ofModel.delete(key));
  return found;
}

async function find(model: LoadedModel, dataset: Dataset, context: JobContext): Promise<Batching> {
  const plain = plainBatching(model.io);
  const alone = (): Promise<Batching> => runAlone(plain, model, dataset, context);
  if (plain.fixed === 1) return alone();
  const rows = plain.fixed ?? 2;
  try {
    const { layouts, dependence, notViewed } = await probeBatch(model, dataset, rows, context);
    const outputs = new Map(
      [...plain.outputs].map(([name, own]) => {
        const unknown =
          `The model fixes a batch of ${rows}, and it is unknown where each sample is in output "${name}"` +
          `${dependence === null ? '' : ` (${dependence})`}. Export the model with a free batch axis, or with the batch as the output's first axis.`;
        return [name, { ...own, layout: layouts.get(name) ?? null, unknown }];
      }),
    );
    if (plain.fixed === null) {
      const isTold = dependence === null && [...outputs.values()].every(({ layout }) => layout !== null);
      return isTold
        ? { ...plain, least: 2, outputs, noViewOfCopies: viewProblem(notViewed) }
        : { ...(await alone()), most: 1 };
    }
    const noCopies =
      dependence &&
      `The model fixes a batch of ${rows}, and ${dependence}: an incomplete batch cannot be filled. Use numbers of samples that ${rows} divides ` +
        `(evaluation, calibration batches x batchSize, loss, gate, search), or export the model with a free batch axis.`;
    return { ...plain, outputs, noCopies, noViewOfCopies: viewProblem(notViewed) };
  } catch (cause) {
    // Two samples at once are more than the model takes; one at a time it may run.
    if (plain.fixed === null && cause instanceof RuntimeError && cause.trouble === null) return alone();
    throw cause;
  }
}

/** Where the model is run with one row at a time. */
async function runAlone(plain: Batching, model: LoadedModel, dataset: Dataset, context: JobContext): Promise<Batching> {
  const axes = await observeBatchAxes(model, dataset, context);
  if (axes.size === 0) return plain;
  const outputs = new Map(
    [...plain.outputs].map(([name, own]) => {
      const batchAxis = axes.get(name);
      return [name, batchAxis === undefined ? own : { ...own, batchAxis }];
    }),
  );
  return { ...plain, outputs };
}

function viewProblem(layer: string | null): string | null {
  return (
    layer &&
    `smoothing.absmax view: in the input of layer "${layer}" the column of a value depends on the other samples of its batch, so an incomplete batch cannot be filled. Calibrate on a multiple of the batch size, or use absmax channel.`
  );
}

/**
 * Samples of one run where nothing but speed says how many: `wanted`, unless the model takes one at
 * a time.
 */
export function freelyChosen(wanted: number, { fixed, least }: Batching): number {
  return fixed === null && least === 1 ? 1 : wanted;
}

/**
 * Samples of one run of the evaluation: what the settings say, or of `auto` as many as the model
 * and memory allow.
 */
export function evaluationSamplesPerRun(
  batchSize: number | 'auto',
  batching: Batching,
  context: Pick<JobContext, 'batchLimit'>,
): number {
  return batchWithin(batchSize === 'auto' ? freelyChosen(AUTO_BATCH, batching) : batchSize, context);
}

/**
 * The evaluated outputs of a run, sample by sample: `[samples, ...]` each.
 *
 * @param nameOf what the graph that ran calls an output; absent: as the model does
 * @throws ModelError where samples can't be told apart
 */
export function sampleOutputs(
  batching: Batching,
  outputs: Outputs,
  run: SampleRun,
  nameOf: (output: string) => string = (output) => output,
): readonly OutputTensor[] {
  return batching.io.outputs.map((output) => {
    const { name } = output;
    const tensor = samplesOf(batching, name, outputs[nameOf(name)]!, run);
    return { name, ...tensor, ...(isInteger(output) ? { isInteger: true } : {}) };
  });
}

function samplesOf(
  { fixed, outputs }: Batching,
  output: string,
  { data, dims }: FloatTensor,
  { samples, rows }: SampleRun,
): FloatTensor {
  const { layout, unknown, batchAxis } = outputs.get(output)!;
  const tensor = { data, dims };
  if (rows === 1) return singleSample(tensor, batchAxis);
  if (layout === 'shared') return sharedByAll(tensor, samples);
  if (layout !== null) return samplesFirst(tensor, layout, samples, rows);
  const leads = dims[0] === rows && samples === rows;
  if (fixed !== null && !leads) throw new ModelError(unknown);
  return tensor;
}
