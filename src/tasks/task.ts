import type { z } from 'zod';
import type { DetectionGroundTruth } from '../formats/dataset.js';
import type { FolderListing, PathField } from '../formats/format.js';
import type { Settled } from '../schema/settled.js';
import type { MetricDefinitions } from './metric-definition.js';
import type { GatheredState, MetricContext, MetricResult, OutputTensor, TaskMetric } from './metric.js';
import type { Misfit, OutputShape } from './output-shape.js';

/**
 * A task: everything that the program knows of how an output is scored. `registry.ts` lists them
 * all, and nothing outside a task's folder names it.
 *
 *   settings of the file -> locate -> settings of the task
 *     -> open -> add .. add -> state  (one in each child)  -> merge -> finish -> accuracies
 *
 * However the samples are split among children, the result is the same.
 *
 * @typeParam Shape the settings, a zod schema each
 * @typeParam Settings what is left of them once paths are absolute: plain JSON
 * @typeParam State what a child sends to its parent
 */
export interface Task<
  Shape extends z.ZodRawShape = z.ZodRawShape,
  Settings extends object = object,
  State extends GatheredState = GatheredState,
> {
  /** A sentence for documentation and editors. */
  readonly description: string;
  /** What its metrics are, for pages and documentation; empty for the user's own code. */
  readonly metrics: MetricDefinitions;
  /** Settings beside `kind`, in the order in which they are documented. */
  readonly settings: Shape;
  /** `one`: a single output of the model is scored; `several`: all that the settings name. */
  readonly outputs: 'one' | 'several';
  /** Outputs of integers are scored as well, where the settings name none. */
  readonly readsIntegers: boolean;
  /** What of the evaluation data it can't do without. */
  readonly needs: 'labels' | 'groundTruth' | null;
  /**
   * FP32 runs beside every trial, as far as is known before the task is opened; costs are estimated
   * by it.
   */
  readonly needsReference: boolean;
  /** The primary metric counts samples that are right, so trials can be stopped early by it. */
  readonly countsSamples: boolean;
  /** Whether it does with such settings, where that depends on them; absent: it does. */
  countsWith?(task: NoInfer<Settings>): boolean;
  /**
   * What is right or wrong is something other than a sample, pairs of them say: trials are compared
   * in pairs all the same.
   */
  readonly isPaired?: boolean;
  /**
   * What FP32's own result is looked at for, besides its labels and outputs that never change;
   * null: nothing.
   */
  readonly judgedAs: 'detections' | 'likeness' | null;
  /** @param folder of the experiment file: paths of the file are relative to it */
  locate(settings: Settled<Shape>, folder: string): Settings;
  /** The user's own code that scores outputs; null: there is none. */
  code(task: Settings): TaskCode | null;
  /** The fields of a task's settings that hold a path: see `paths` of a format. */
  readonly paths: readonly string[];
  /**
   * The words that name files of the user's code, with the absolute path of each, where a folder
   * among {@link paths} is where the code runs; absent where all of them are files.
   */
  namedFiles?(task: Settings): ReadonlyMap<string, string>;
  /** Which of {@link paths} are files of data, such as ground truth; absent: none. */
  readonly files?: readonly TaskFile[];
  /**
   * What content keys hold of the task: by default all of its settings, and of {@link files} the
   * bytes.
   *
   * @param sha256 of the code; null without
   */
  keyed?(task: Settings, sha256: string | null): object;
  /**
   * How far the outputs of one sample, `[1, ...]` each, are from FP32's, 0 where they agree. Needs
   * no labels, so it can judge a setting on calibration data.
   */
  divergence(task: NoInfer<Settings>, reference: readonly OutputTensor[], output: readonly OutputTensor[]): number;
  /** What content keys of searches and rankings hold of how {@link divergence} is measured. */
  compared?(task: NoInfer<Settings>): object;
  /**
   * Why outputs of such shapes can't be scored; null where they can, or where what is known does
   * not tell.
   *
   * @param outputs those that are evaluated, one at least
   */
  misfit(task: NoInfer<Settings>, outputs: readonly OutputShape[], context: FitContext): Misfit | null;
  /**
   * Reads what outputs are held against and checks that it fits the samples, before anything runs.
   *
   * @returns what a person should know of it, such as how classes are mapped
   * @throws DatasetError or MetricError saying what does not fit
   */
  inspect?(task: NoInfer<Settings>, surroundings: TaskSurroundings): readonly string[] | Promise<readonly string[]>;
  /** Why labels can't belong to an output of such a shape; null where they can. */
  labelMisfit(labels: Int32Array, dims: OutputShape['dims']): string | null;
  /**
   * The metric needs the outputs of all samples in one process, which finishes it: FP32's samples
   * are no parts, and a state holds the result. Absent: false.
   */
  readonly isWhole?: boolean;
  /** Few shapes fit, so that another output which does is probably the one that is meant. */
  readonly isChoosy: boolean;
  /**
   * @throws MetricError when the context lacks what the task needs; CustomCodeError or DatasetError
   *   for code of the user's own that does not work
   */
  open(task: Settings, context: MetricContext): TaskMetric<State> | Promise<TaskMetric<State>>;
  /** One state with the samples of all. @throws MetricError when a sample is in two of them */
  merge(states: readonly State[]): State;
  /**
   * The metric over all samples of a state.
   *
   * @param signal ends a command that is still at work; null: nothing does but its time limit
   * @throws MetricError when a sample is missing, otherwise as {@link open}
   */
  finish(
    task: Settings,
    context: MetricContext,
    state: State,
    signal: AbortSignal | null,
  ): MetricResult | Promise<MetricResult>;
}

/** Files of data that settings of a task name. */
export interface TaskFile {
  /** The field of the located settings: an absolute path, or null. */
  readonly field: string;
  /** How a folder is read; null: it is a file. */
  readonly listing: FolderListing | null;
}

/** What is known of the evaluation before it runs. */
export interface TaskSurroundings {
  /** Samples that are evaluated. */
  readonly sampleCount: number;
  /** Of the samples, paths inside their folder; null where they have none. */
  readonly names: readonly string[] | null;
  /** Of the evaluated outputs, as far as the model states or a run has shown. */
  readonly outputs: readonly OutputShape[];
  /** Shape of a sample as the model is fed it, `[C, H, W]` say. */
  readonly sampleShape: readonly number[];
  /** True: nothing is ranked, so the primary metric need not have a value. */
  readonly mayLackValue?: boolean;
}

/** Code of the user's own: it runs with consent, and counts by its bytes. */
export interface TaskCode {
  /** What is run, for messages: `metric PATH`. */
  readonly what: string;
  /** SHA-256, hex. @throws DatasetError when a file is missing */
  sha256(): Promise<string>;
}

/** What the evaluated output has to fit. */
export interface FitContext {
  /** Samples that the shape is of; null where the batch is not known. */
  readonly rows: number | null;
  readonly groundTruth: Pick<DetectionGroundTruth, 'classes' | 'grid'> | null;
}

/** The definition as it is, its types inferred. */
export function defineTask<Shape extends z.ZodRawShape, Settings extends object, State extends GatheredState>(
  task: Task<Shape, Settings, State> & { readonly paths: readonly PathField<Settings>[] },
): Task<Shape, Settings, State> {
  return task;
}
