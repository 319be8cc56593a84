import { openDataset } from '../formats/open-dataset.js';
import { formatOf, type DataSource } from '../formats/data-source.js';
import type { ModelSettings, OptimizationLevel } from '../experiment/sections/settings.js';
import type { PreprocessSettings } from '../formats/preprocess/preprocess-settings.js';
import { describeNode } from '../onnx/graph-index.js';
import { resolveModelIo } from '../onnx/model-io.js';
import { plainBatching } from '../engine/batching/batching.js';
import { defaultBehaviour } from '../engine/session/default-options.js';
import { fusing, type JobContext } from '../engine/jobs/job-context.js';
import { PhaseClock } from '../engine/jobs/phase-clock.js';
import { JobCaches } from '../engine/jobs/job-caches.js';
import { modelOutputs } from '../engine/session/model-outputs.js';
import { countDiffering } from '../engine/jobs/trial/count-differing.js';
import { worstOutputError } from '../engine/jobs/trial/output-error.js';
import { wantedOutputs, type TaskSettings } from '../tasks/task-settings.js';
import type { ExportedModel } from './export-trial.js';

/** Samples that an exported model is compared with the simulation on, at most. */
const COMPARED_SAMPLES = 8;

/** What of a trial's settings says how it was measured. */
interface MeasuredWith {
  readonly model: ModelSettings;
  readonly evaluation: { readonly source: DataSource };
  readonly preprocess: PreprocessSettings;
  readonly task: Pick<TaskSettings, 'kind'>;
}

/** How far the outputs of a file are from those of its simulation. */
export interface ComparedOutputs {
  readonly samples: number;
  /** Largest difference from the simulation, of each output relative to its absmax. */
  readonly difference: number;
  /** Numbers of all outputs. */
  readonly values: number;
  /** Of these, numbers that are not the same bit for bit. */
  readonly differing: number;
}

/** How an exported model behaves in onnxruntime by default, for messages. */
export interface ExportCheck {
  /** Layers whose float weights are quantized after all. */
  readonly weights: readonly string[];
  /** Layers whose biases are rounded. */
  readonly biases: readonly string[];
  readonly mergedPairs: number;
  readonly integerKernels: Readonly<Record<string, number>>;
  /** Null where it was not compared. */
  readonly compared: ComparedOutputs | null;
  /** Why it was not compared. */
  readonly notCompared: string | null;
}

/**
 * Asks the runtime what it does to an exported model in a session without options, and runs it so
 * beside the simulation of the trial on the first evaluation samples, where they are still there
 * and the user's own code makes them only where that is allowed.
 *
 * @param settings JSON of the trial's settings
 * @param allowCode whether a dataset module may run
 * @throws RuntimeError where the runtime refuses the model
 */
export async function checkExported(
  exported: ExportedModel,
  settings: string,
  allowCode: boolean,
): Promise<ExportCheck> {
  const context = contextAt('all');
  const found = await defaultBehaviour(exported.model, context.session);
  const behaviour = {
    weights: found.weights.map(describeNode),
    biases: found.biases.map(describeNode),
    mergedPairs: found.mergedPairs,
    integerKernels: found.integerKernels,
  };
  try {
    const contexts = { simulation: context, file: fusing(context) };
    const compared = await compareOnSamples(exported, settings, contexts, allowCode);
    if (typeof compared === 'string') return { ...behaviour, compared: null, notCompared: compared };
    return { ...behaviour, compared, notCompared: null };
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { ...behaviour, compared: null, notCompared: line! };
  }
}

/** On the CPU, one thread. */
export function contextAt(optimizationLevel: OptimizationLevel): JobContext {
  return {
    session: { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel },
    report: () => undefined,
    clock: new PhaseClock(),
    caches: new JobCaches(),
    batchLimit: null,
    inputs: [],
  };
}

/**
 * Runs the file beside the simulation on the first evaluation samples.
 *
 * @param settings JSON of the trial's settings
 * @param contexts of the simulation, and of the file
 * @returns why it was not compared, where it was not
 */
export async function compareOnSamples(
  { model, simulated }: Pick<ExportedModel, 'model' | 'simulated'>,
  settings: string,
  contexts: { readonly simulation: JobContext; readonly file: JobContext },
  allowCode: boolean,
): Promise<ComparedOutputs | string> {
  const { model: names, evaluation, preprocess, task } = JSON.parse(settings) as MeasuredWith;
  const { source } = evaluation;
  if (!allowCode && formatOf(source).code(source) !== null) {
    return 'its samples come from your own code, which runs only with --allow-code';
  }
  const dataset = await openDataset(source, preprocess);
  try {
    // Of the simulation, which is fed float32 whatever the types of the written model are.
    const simulation = simulated();
    const io = resolveModelIo(simulation, names, wantedOutputs(task));
    const batching = plainBatching(io);
    const { fixed } = batching;
    if (fixed !== null && fixed > dataset.sampleCount) return `it takes ${fixed} samples at once, and there are fewer`;
    const samples = fixed ?? Math.min(COMPARED_SAMPLES, dataset.sampleCount);
    const range = { first: 0, count: samples, batchSize: 1 };
    const expected = await modelOutputs(simulation, batching, dataset, range, contexts.simulation);
    const actual = await modelOutputs(model, batching, dataset, range, contexts.file);
    return {
      samples,
      difference: worstOutputError(io.outputs, expected, actual).relativeError,
      ...countDiffering(expected, actual),
    };
  } finally {
    dataset.close();
  }
}
