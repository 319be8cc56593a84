import type { Dataset, DetectionGroundTruth } from '../formats/dataset.js';
import { outputMisfit } from '../tasks/output-fit.js';
import type { OutputShape } from '../tasks/output-shape.js';
import { taskOf, wantedOutputs, type TaskSettings } from '../tasks/task-settings.js';
import type { DataSource } from '../formats/data-source.js';
import type { Experiment, ModelSettings, Settings } from '../experiment/sections/settings.js';
import { fixedBatchSize, resolveModelIo, type ModelIo } from '../onnx/model-io.js';
import type { ModelOutput } from '../onnx/evaluated-outputs.js';
import { ModelError } from '../onnx/model-error.js';
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

/** The outputs that some trials are scored by. */
export interface CheckedOutputs {
  readonly model: Settings['model'];
  readonly task: Settings['task'];
  readonly evaluation: Settings['data']['evaluation'];
  readonly preprocess: Settings['data']['preprocess'];
  /** Samples first; null for a length that is not known, or differs from sample to sample. */
  readonly outputs: readonly OutputShape[];
  /** Names of the model's other outputs. */
  readonly unscored: readonly string[];
}

/**
 * Checks that the evaluated outputs are of shapes that their task can score, and labels within its
 * classes, before anything is run. Where the model's own statement of the shapes does not show that
 * they fit, one run of two samples shows them; a model that fails there says why when the sweep
 * runs it.
 *
 * @param executor of the machine's own CPU
 * @throws InputError naming the output, what was expected, what came and what to do
 */
export async function checkOutputs(
  experiment: Experiment,
  inputs: OpenedInputs,
  executor: Executor,
): Promise<readonly CheckedOutputs[]> {
  const checked = new Map<string, CheckedOutputs>();
  for (const { settings } of experiment.trials) {
    const { model, task, data } = settings;
    const id = JSON.stringify([model, task, data.evaluation, data.preprocess]);
    if (!checked.has(id)) checked.set(id, await checkedOutputs(settings, inputs, executor));
  }
  return [...checked.values()];
}

async function checkedOutputs(settings: Settings, inputs: OpenedInputs, executor: Executor): Promise<CheckedOutputs> {
  const { model: names, task, data } = settings;
  const model = inputs.modelOf(names.path);
  const io = evaluatedEnds(names, task, model);
  const found = inputs.scoredBy(data.evaluation.source);
  const outputs = await fittingShapes(settings, inputs, io, executor);
  const evaluated = new Set(io.outputs.map(({ name }) => name));
  const unscored = [...model.index.outputs].filter((name) => !evaluated.has(name));
  if (outputs !== null && found.labels !== null) {
    const { samples } = data.evaluation;
    const labels = samples === 'all' ? found.labels : found.labels.subarray(0, samples);
    const misfit = taskOf(task.kind).labelMisfit(labels, outputs[0]!.dims);
    if (misfit !== null) throw new InputError(`${names.path}: ${misfit}`);
  }
  const { evaluation, preprocess } = data;
  const known = outputs ?? io.outputs.map(statedShape);
  return { model: names, task, evaluation, preprocess, outputs: known, unscored };
}

/** The evaluated outputs of which the model itself says a shape. */
export interface StatedOutputs {
  readonly outputs: readonly OutputShape[];
  /** Nothing is left open but the axis of samples. */
  readonly areWhole: boolean;
}

/** What the model itself says of the evaluated outputs. */
export function statedOutputs(model: OnnxModel, names: ModelSettings, task: TaskSettings): StatedOutputs {
  const { outputs } = evaluatedEnds(names, task, model);
  const areWhole = outputs.every(({ shape }) => shape?.slice(1).every((length) => length !== null) ?? false);
  return { outputs: outputs.filter(({ shape }) => shape !== null).map(statedShape), areWhole };
}

/** @throws ModelError naming the file, with the model's outputs */
function evaluatedEnds(names: Settings['model'], task: Settings['task'], model: OnnxModel): ModelIo {
  try {
    return resolveModelIo(model, names, wantedOutputs(task));
  } catch (cause) {
    if (cause instanceof ModelError) throw new ModelError(`${names.path}: ${cause.message}`, { cause });
    throw cause;
  }
}

/**
 * Shapes of the evaluated outputs, which fit; null where the model does not run. @throws InputError
 * where they don't
 */
async function fittingShapes(
  settings: Settings,
  inputs: OpenedInputs,
  io: ModelIo,
  executor: Executor,
): Promise<readonly OutputShape[] | null> {
  const { model: names, task, data } = settings;
  const found = inputs.scoredBy(data.evaluation.source);
  const context = { task, groundTruth: found.groundTruth } as const;
  const stated = io.outputs.map(statedShape);
  const isShown =
    io.outputs.every((output) => isWhole(output, io)) && outputMisfit(stated, { ...context, rows: null }) === null;
  if (isShown) return stated;
  const ran = await shapesOf(settings, inputs, io, found.samples, executor);
  if (ran === null) return null;
  const shapes = ran.shapes.map(([name, dims]) => ({ name, dims }));
  const asRun = io.outputs.map(({ name }) => shapes.find((shape) => shape.name === name)!);
  // The batch need not lead: the sweep finds each sample where it lies, or runs it alone.
  const first = new Map(ran.samplesFirst);
  const own = asRun.map((shape) => ({ name: shape.name, dims: first.get(shape.name) ?? shape.dims }));
  const isTold = asRun.every(({ name, dims }) => first.has(name) || dims[0] === ran.rows);
  const misfit =
    isTold && first.size > 0
      ? outputMisfit(own, { ...context, rows: null, others: shapes })
      : outputMisfit(asRun, { ...context, rows: ran.rows, others: shapes });
  if (misfit !== null) throw new InputError(`${names.path}: ${misfit}`);
  return own;
}

/** The shape of an output by the model's own words; `[null]` where it has none. */
function statedShape({ name, shape }: ModelOutput): OutputShape {
  return { name, dims: shape ?? [null] };
}

/** Whether a stated shape leaves nothing open but the batch, and has the batch of the input. */
function isWhole({ shape }: ModelOutput, io: ModelIo): boolean {
  if (shape === null) return false;
  const [batch = 0, ...rest] = shape;
  return rest.every((length) => length !== null) && batch === fixedBatchSize(io);
}

/** Shapes of all outputs by a run; null where the model does not run so. */
async function shapesOf(
  { model, task, data }: Settings,
  inputs: OpenedInputs,
  io: ModelIo,
  available: number,
  executor: Executor,
) {
  const { source, batchSize } = data.evaluation;
  const job = {
    kind: 'shapes',
    model: jobModel(model, inputs, task),
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
