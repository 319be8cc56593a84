import type { Dataset, DetectionGroundTruth } from '../formats/dataset.js';
import { outputMisfit } from '../tasks/output-fit.js';
import type { OutputShape } from '../tasks/output-shape.js';
import { taskOf } from '../tasks/task-settings.js';
import type { DataSource } from '../formats/data-source.js';
import type { Experiment, ModelSettings, Settings } from '../experiment/sections/settings.js';
import { fixedBatchSize, resolveModelIo, type ModelIo } from '../onnx/model-io.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { FixedInputs } from '../onnx/folding/known-values.js';
import { JobError, runOnce, type Executor } from '../engine/executor.js';
import { InputError } from '../errors/input-error.js';
import { jobModel } from './job-model.js';

/** What of evaluation data a task is scored by. */
export interface ScoredBy {
  readonly samples: number;
  readonly labels: Int32Array | null;
  readonly groundTruth: Pick<DetectionGroundTruth, 'classes' | 'grid'> | null;
}

/**
 * What an opened source holds to score by.
 *
 * @param isEvaluated false: nothing is scored by it, and ground truth, which may have to be made
 *   first, is not asked for
 */
export function scoredBy(dataset: Dataset, isEvaluated: boolean): ScoredBy {
  const groundTruth = isEvaluated ? dataset.groundTruth : null;
  return { samples: dataset.sampleCount, labels: dataset.labels, groundTruth };
}

/** What is known of the models and data of an experiment. */
export interface OpenedInputs {
  modelOf(path: string): OnnxModel;
  modelSha256(path: string): string;
  fixedInputs(path: string): FixedInputs;
  scoredBy(source: DataSource): ScoredBy;
}

/**
 * Checks that every evaluated output is of a shape that its task can score, and labels within its
 * classes, before anything is run. Where the model's own statement of the shape does not show that
 * it fits, one run of two samples shows the shape; a model that fails there says why when the sweep
 * runs it.
 *
 * @param executor of the machine's own CPU
 * @throws InputError naming the output, what was expected, what came and what to do
 */
export async function checkOutputs(experiment: Experiment, inputs: OpenedInputs, executor: Executor): Promise<void> {
  const seen = new Set<string>();
  for (const { settings } of experiment.trials) {
    const { model, task, data } = settings;
    const id = JSON.stringify([model, task, data.evaluation, data.preprocess]);
    if (seen.has(id)) continue;
    seen.add(id);
    await checkOutput(settings, inputs, executor);
  }
}

async function checkOutput(settings: Settings, inputs: OpenedInputs, executor: Executor): Promise<void> {
  const { model: names, task, data } = settings;
  const model = inputs.modelOf(names.path);
  const io = resolveModelIo(model, names);
  const found = inputs.scoredBy(data.evaluation.source);
  const stated = statedShape(model, io.output);
  const context = { task, groundTruth: found.groundTruth } as const;
  let dims: OutputShape['dims'] | null = stated;
  const isShown =
    stated !== null &&
    isWhole(stated, io) &&
    outputMisfit([{ name: io.output, dims: stated }], { ...context, rows: null }) === null;
  if (!isShown) {
    const ran = await shapesOf(settings, inputs, io, found.samples, executor);
    if (ran === null) return;
    const shapes = ran.shapes.map(([name, own]) => ({ name, dims: own }));
    dims = shapes.find(({ name }) => name === io.output)?.dims ?? null;
    if (dims === null) return;
    const misfit = outputMisfit([{ name: io.output, dims }], { ...context, rows: ran.rows, others: shapes });
    if (misfit !== null) {
      dims = ran.samplesFirst;
      // The batch need not lead: the sweep finds each sample where it lies, or runs it alone.
      const isFound = dims !== null && outputMisfit([{ name: io.output, dims }], { ...context, rows: null }) === null;
      if (!isFound) throw new InputError(`${names.path}: ${misfit}`);
    }
  }
  if (dims === null || found.labels === null) return;
  const { samples } = data.evaluation;
  const labels = samples === 'all' ? found.labels : found.labels.subarray(0, samples);
  const misfit = taskOf(task.kind).labelMisfit(labels, dims);
  if (misfit !== null) throw new InputError(`${names.path}: ${misfit}`);
}

/** The evaluated outputs of which the model itself says a shape. */
export function statedOutputs(model: OnnxModel, names: ModelSettings): readonly OutputShape[] {
  const { output: name } = resolveModelIo(model, names);
  const dims = statedShape(model, name);
  return dims === null ? [] : [{ name, dims }];
}

/** The shape of an output by the model's own words; null where it has none. */
function statedShape(model: OnnxModel, output: string): OutputShape['dims'] | null {
  const dims = model.graph.output.find(({ name }) => name === output)?.type?.tensorType?.shape?.dim;
  return dims?.map(({ value }) => (value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null)) ?? null;
}

/** Whether a stated shape leaves nothing open but the batch, and has the batch of the input. */
function isWhole([batch = 0, ...rest]: OutputShape['dims'], io: ModelIo): boolean {
  return rest.every((length) => length !== null) && batch === fixedBatchSize(io);
}

/** Shapes of all outputs by a run; null where the model does not run so. */
async function shapesOf(
  { model, data }: Settings,
  inputs: OpenedInputs,
  io: ModelIo,
  available: number,
  executor: Executor,
) {
  const { source, batchSize } = data.evaluation;
  const job = {
    kind: 'shapes',
    model: jobModel(model, inputs),
    preprocess: data.preprocess,
    source,
  } as const;
  // Two samples show which axis they are; where two don't go, one shows the rest.
  const several = fixedBatchSize(io) === null ? Math.min(2, batchSize === 'auto' ? 2 : batchSize, available) : 1;
  for (const samples of new Set([several, 1])) {
    try {
      return (await runOnce<'shapes'>(executor, { ...job, samples })).value;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
    }
  }
  return null;
}
