import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, extname, resolve } from 'node:path';
import { InputError } from '../errors/input-error.js';
import { QuantsweepError } from '../errors/quantsweep-error.js';
import { UsageError } from '../errors/usage-error.js';
import { loadExperiment as loadText } from '../experiment/load-experiment.js';
import { guessGrid } from '../guess/guess-grid.js';
import { guessPreprocess } from '../guess/preprocess/guess-preprocess.js';
import { recogniseTask } from '../guess/tasks/recognise-task.js';
import { seenOf } from '../guess/tasks/seen-outputs.js';
import { dataWarnings, modelWarnings } from '../guess/warnings.js';
import { writeExperiment, type ExperimentGuess } from '../guess/write-experiment.js';
import { dataFacts, pathFrom } from '../inspect/data/data-facts.js';
import { taskKinds } from '../tasks/registry.js';
import { inspectModel, type InspectOptions } from './inspect-model.js';
import { planSweep, type SweepPreview } from './plan-sweep.js';

export interface InitRequest extends InspectOptions {
  readonly model: string;
  /** File or folder of samples. Default: random ones. */
  readonly data?: string;
  /**
   * File or folder of truth: COCO JSON, YOLO labels, masks, CSV. Default: looked for near the data.
   */
  readonly labels?: string;
  /** The file to write. Default: the model's name with `.yaml`, in the current folder. */
  readonly output?: string;
  /** Replaces a file that is there. Default: false, and that is an error. */
  readonly force?: boolean;
}

/** What was found, and the file. */
export interface InitOutcome {
  /** As it was asked for. */
  readonly path: string;
  readonly text: string;
  readonly looksLike: string;
  readonly because: string;
  /** Task of the file. */
  readonly task: string;
  /** How pictures are prepared, and why. */
  readonly preprocess: string;
  readonly samples: { readonly calibration: number; readonly evaluation: number } | null;
  readonly trials: number;
  /** What a person has to decide or to add. */
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
}

/** Samples of a first look at random data. */
const RANDOM_SAMPLES = 64;

/**
 * Looks at a model and its data and writes an experiment that `plan` accepts. Where the task that
 * was guessed does not fit after all, the file has fidelity in its place and says why.
 *
 * @throws ModelError, DatasetError or InputError saying what is wrong; UsageError where the file is
 *   there already
 */
export async function initExperiment(request: InitRequest): Promise<InitOutcome> {
  const { model, force = false } = request;
  const path = request.output ?? `${basename(model, extname(model))}.yaml`;
  if (existsSync(path) && !force) {
    throw new UsageError(
      `Expected a new file, got ${path}, which is there. Give another with -o, or --force replaces it.`,
    );
  }
  const { facts, main, run } = await inspectModel(model, request);
  if (main === null) throw new InputError(`${model}: expected an input of numbers, got none.`);
  if (facts.layers.every(({ weightShape }) => weightShape.length === 0)) {
    throw new InputError(
      `${model}: expected a layer that can be quantized, got none. \`quantsweep inspect\` says why.`,
    );
  }
  const data = request.data === undefined ? null : dataFacts(request.data, request.labels ?? null);
  const ran = typeof run === 'string' ? null : run;
  const guess = recogniseTask(seenOf(facts, main, ran, data));
  const preprocess = guessPreprocess({ facts, main, family: guess.family, data });
  const grid = guessGrid({
    msPerSample: ran?.msPerSample ?? null,
    slots: availableParallelism(),
    calibrationSamples: Math.max(1, data?.calibration.count ?? RANDOM_SAMPLES),
    evaluationSamples: Math.max(1, data?.evaluation.count ?? RANDOM_SAMPLES),
  });
  const folder = dirname(resolve(path));
  const base: Omit<ExperimentGuess, 'task' | 'refused'> = {
    ...{ name: sweepName(path), facts, main, data, guess, preprocess, grid },
    warnings: [...dataWarnings(data), ...modelWarnings(facts, main, run)],
    pathText: (own) => pathFrom(folder, own),
  };
  const { text, task, refused, trials } = await firstThatPlans(base, resolve(path), request);
  writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
  return {
    ...{ path, text, looksLike: guess.looksLike, because: guess.because, task, trials },
    preprocess: preprocess.because,
    samples: data && { calibration: data.calibration.count, evaluation: grid.evaluation },
    missing:
      refused === null ? guess.missing : [...guess.missing, `Task ${kindOf(guess.task)} was not taken: ${refused}`],
    warnings: base.warnings,
  };
}

function kindOf(task: ExperimentGuess['task']): string {
  const kind = task?.['kind'];
  return typeof kind === 'string' ? kind : 'none';
}

interface Planned {
  readonly text: string;
  readonly task: string;
  readonly refused: string | null;
  readonly trials: number;
}

/** The guessed task where `plan` accepts it, else fidelity. */
async function firstThatPlans(
  base: Omit<ExperimentGuess, 'task' | 'refused'>,
  file: string,
  { executor }: InspectOptions,
): Promise<Planned> {
  const kind = base.guess.task?.['kind'];
  let refused: string | null = null;
  if (kind !== undefined && !taskKinds.some((known) => known === kind)) refused = 'this version does not have it.';
  else if (base.guess.task !== null) {
    const text = writeExperiment({ ...base, task: base.guess.task, refused: null });
    try {
      const preview = await plan(text, file, executor);
      return { text, task: kindOf(base.guess.task), refused: null, trials: preview.trials.length };
    } catch (cause) {
      if (!(cause instanceof QuantsweepError)) throw cause;
      refused = cause.message;
    }
  }
  const text = writeExperiment({ ...base, task: null, refused });
  const preview = await plan(text, file, executor);
  return { text, task: 'fidelity', refused, trials: preview.trials.length };
}

function plan(text: string, file: string, executor: InspectOptions['executor']): Promise<SweepPreview> {
  const experiment = loadText(file, [], () => text);
  return planSweep(experiment, executor === undefined ? {} : { executor });
}

/** Letters, digits, spaces, dots, dashes and underscores, as names of sweeps are. */
function sweepName(path: string): string {
  const own = basename(path, extname(path))
    .replaceAll(/[^\p{L}\p{N} ._-]/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '');
  return own === '' ? 'sweep' : own;
}
