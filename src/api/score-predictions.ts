import { existsSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { InputError } from '../errors/input-error.js';
import { UsageError } from '../errors/usage-error.js';
import { loadTask } from '../experiment/load-task.js';
import type { DetectionGroundTruth } from '../formats/dataset.js';
import { closeAfter } from '../formats/io/closing.js';
import { openFile } from '../formats/io/file-source.js';
import { openGroundTruth } from '../formats/labels/ground-truth-file.js';
import { readLabels } from '../formats/labels/labels.js';
import { readNpyHeader } from '../formats/npy/npy-header.js';
import { openStoredOutputs, samplesFirst, type StoredOutput } from '../formats/npy/stored-outputs.js';
import { primaryAccuracy } from '../records/primary-accuracy.js';
import type { AccuracyRecord } from '../records/evaluation-record.js';
import type { OutputTensor, MetricContext } from '../tasks/metric.js';
import { outputMisfit } from '../tasks/output-fit.js';
import { taskKinds, type TaskKind } from '../tasks/registry.js';
import { openTaskMetric } from '../tasks/task-metric.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import { didYouMean } from '../text/nearest-name.js';

/** Stored outputs of a model, and what they are to be scored by. */
export interface ScoreRequest {
  /** Kind of the task, as `task.kind` of an experiment. */
  readonly task: string;
  /**
   * `.npy` or `.npz` files of raw outputs `[N, ...]`: `NAME=PATH`, or a path alone, whose output
   * then has the file's name.
   */
  readonly predictions: readonly string[];
  /** What they are held against: as `task.truth`, or labels (`.npy`), or ground truth (JSON). */
  readonly truth?: string;
  /** The same outputs of the FP32 model, where a task compares with them. */
  readonly reference?: readonly string[];
  /** YAML or JSON file with the settings of the task. */
  readonly options?: string;
  /** Text file with the name of each sample, a line each; default: samples are matched by order. */
  readonly names?: string;
  /** The metric may be code of the user's own. */
  readonly allowCode?: boolean;
}

/** What the task makes of them. */
export interface Score {
  readonly task: TaskKind;
  readonly metric: string;
  /** Of that metric; null where the truth has nothing to count. */
  readonly value: number | null;
  readonly samples: number;
  readonly accuracies: readonly AccuracyRecord[];
  /** What a person should know of how the truth was read. */
  readonly notes: readonly string[];
}

/** Samples that are held in memory at once, unless one is larger than this. */
const MOST_NUMBERS = 2 ** 22;

/**
 * Scores stored raw outputs by a task's decoder and metric, as a sweep would.
 *
 * @throws UsageError, ExperimentError, DatasetError, InputError or MetricError saying what does not
 *   fit
 */
export async function scorePredictions(request: ScoreRequest): Promise<Score> {
  const kind = requireTask(request.task);
  const task = settingsOf(kind, request);
  const outputs = openAll(request.predictions, 'predictions', task);
  try {
    const references = request.reference === undefined ? null : openAll(request.reference, 'reference', task);
    try {
      return await scoreOutputs(task, outputs, references, request);
    } finally {
      for (const each of references ?? []) each.close();
    }
  } finally {
    for (const each of outputs) each.close();
  }
}

async function scoreOutputs(
  task: TaskSettings,
  outputs: readonly StoredOutput[],
  references: readonly StoredOutput[] | null,
  request: ScoreRequest,
): Promise<Score> {
  const sampleCount = countSamples([...outputs, ...(references ?? [])]);
  const names = request.names === undefined ? null : readNames(request.names, sampleCount);
  const shapes = outputs.map(({ name, shape }) => ({ name, dims: shape }));
  const context: MetricContext = { ...truthOf(task, request, sampleCount), referenceArgmax: null, names, sampleCount };
  const misfit = outputMisfit(shapes, { task, rows: sampleCount, groundTruth: context.groundTruth });
  if (misfit !== null) throw new InputError(misfit);
  const notes =
    (await taskOf(task.kind).inspect?.(task, {
      ...{ sampleCount, names, outputs: shapes, sampleShape: [], mayLackValue: true },
    })) ?? [];
  const metric = await openTaskMetric(task, context);
  if (metric.needsReference && references === null) {
    throw new UsageError(`Expected --reference, the same outputs of the FP32 model, for task ${task.kind}, got none.`);
  }
  const atOnce = samplesAtOnce(outputs);
  for (let first = 0; first < sampleCount; first += atOnce) {
    const count = Math.min(atOnce, sampleCount - first);
    await metric.add({
      ...{ first, count, outputs: tensorsOf(outputs, first, count) },
      reference: references && tensorsOf(references, first, count),
      origins: names && names.slice(first, first + count).map((name) => ({ name, size: null, placement: null })),
    });
  }
  const { evaluation } = await metric.finish();
  const { primaryMetric, samples, accuracies } = evaluation;
  const value = primaryAccuracy(evaluation)?.value ?? null;
  return { task: task.kind, metric: primaryMetric, value, samples, accuracies, notes };
}

function requireTask(name: string): TaskKind {
  const kind = taskKinds.find((known) => known === name);
  if (kind !== undefined) return kind;
  throw new UsageError(`Expected a task (${taskKinds.join(', ')}), got "${name}"${didYouMean(name, taskKinds)}.`);
}

function settingsOf(kind: TaskKind, { options, truth, allowCode = false }: ScoreRequest): TaskSettings {
  const definition = taskOf(kind);
  const isSetting = 'truth' in definition.settings && truth !== undefined;
  const task = loadTask({
    kind,
    text: options === undefined ? '' : readText(options),
    file: options ?? 'the options',
    folder: dirname(resolve(options ?? 'options')),
    given: isSetting ? { truth: resolve(truth) } : {},
  });
  const code = definition.code(task);
  if (code !== null && !allowCode) {
    throw new InputError(
      `The task names code to run: ${code.what}. Read the code, and pass --allow-code if you trust it.`,
    );
  }
  return task;
}

/** Labels or ground truth that in a sweep come with the data. */
function truthOf(
  task: TaskSettings,
  { truth }: ScoreRequest,
  sampleCount: number,
): { readonly labels: Int32Array | null; readonly groundTruth: DetectionGroundTruth | null } {
  const { needs, settings } = taskOf(task.kind);
  if (truth === undefined || 'truth' in settings) {
    if (needs !== null && truth === undefined) {
      const what = needs === 'labels' ? 'a .npy file of class labels [N]' : 'a JSON file of ground truth';
      throw new UsageError(`Expected --truth, ${what}, for task ${task.kind}, got none.`);
    }
    return { labels: null, groundTruth: null };
  }
  if (extname(truth).toLowerCase() === '.json') {
    return { labels: null, groundTruth: openGroundTruth(truth, sampleCount) };
  }
  const labels = closeAfter(openFile(truth), (source) => readLabels(readNpyHeader(source), sampleCount));
  return { labels, groundTruth: null };
}

function openAll(given: readonly string[], option: string, task: TaskSettings): readonly StoredOutput[] {
  if (given.length === 0) throw new UsageError(`Expected --${option}, a .npy or .npz file, got none.`);
  const opened: StoredOutput[] = [];
  try {
    for (const each of given) {
      const { name, path } = named(each);
      opened.push(...openStoredOutputs(path, name));
    }
    const twice = opened.find(({ name }, index) => opened.findIndex((other) => other.name === name) < index);
    if (twice !== undefined) {
      throw new UsageError(`Expected each output of --${option} once, got "${twice.name}" twice. Write NAME=PATH.`);
    }
    return task.kind === 'sequence' && task.layout === 'TNC' ? opened.map(samplesFirst) : opened;
  } catch (cause) {
    for (const each of opened) each.close();
    throw cause;
  }
}

/** `NAME=PATH`; a path may hold the sign too. */
function named(given: string): { readonly name: string | null; readonly path: string } {
  const sign = given.indexOf('=');
  if (sign <= 0 || existsSync(given)) return { name: null, path: given };
  return { name: given.slice(0, sign), path: given.slice(sign + 1) };
}

function countSamples(outputs: readonly StoredOutput[]): number {
  const [first, ...others] = outputs;
  const samples = first!.shape[0]!;
  const other = others.find(({ shape }) => shape[0] !== samples);
  if (other === undefined) return samples;
  throw new InputError(
    `Expected outputs of the same samples: ${first!.path} has ${samples}, ${other.path} ${other.shape[0]!}.`,
  );
}

function readNames(path: string, sampleCount: number): readonly string[] {
  const text = readText(path);
  const names = text.trimStart().startsWith('[')
    ? (JSON.parse(text) as readonly unknown[]).map(String)
    : text.split(/\r?\n/).filter((line, index, lines) => line !== '' || index < lines.length - 1);
  if (names.length === sampleCount) return names;
  throw new InputError(`Expected ${sampleCount} names, one for each sample, got ${names.length} in ${path}.`);
}

function readText(path: string): string {
  return closeAfter(openFile(path), (source) => {
    const bytes = Buffer.alloc(source.sizeBytes);
    source.read(0, bytes);
    return bytes.toString('utf8');
  });
}

function samplesAtOnce(outputs: readonly StoredOutput[]): number {
  const size = outputs.reduce((sum, { shape }) => sum + shape.slice(1).reduce((a, b) => a * b, 1), 0);
  return Math.max(1, Math.floor(MOST_NUMBERS / Math.max(1, size)));
}

function tensorsOf(outputs: readonly StoredOutput[], first: number, count: number): readonly OutputTensor[] {
  return outputs.map((output) => ({
    name: output.name,
    data: output.read(first, count),
    dims: [count, ...output.shape.slice(1)],
  }));
}
