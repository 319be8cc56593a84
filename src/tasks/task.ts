import type { z } from 'zod';
import type { DetectionGroundTruth } from '../formats/dataset.js';
import type { PathField } from '../formats/format.js';
import type { Settled } from '../schema/settled.js';
import type { GatheredState, MetricContext, MetricResult, TaskMetric } from './metric.js';
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
  /** Settings beside `kind`, in the order in which they are documented. */
  readonly settings: Shape;
  /** What of the evaluation data it can't do without. */
  readonly needs: 'labels' | 'groundTruth' | null;
  /**
   * FP32 runs beside every trial, as far as is known before the task is opened; costs are estimated
   * by it.
   */
  readonly needsReference: boolean;
  /** The primary metric counts samples that are right, so trials can be stopped early by it. */
  readonly countsSamples: boolean;
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
  /**
   * What content keys hold of the task: by default all of its settings.
   *
   * @param sha256 of the code; null without
   */
  keyed?(task: Settings, sha256: string | null): object;
  /**
   * How far the output of one sample is from FP32's, 0 where they agree. Needs no labels, so it can
   * judge a setting on calibration data.
   */
  divergence(reference: Float32Array, output: Float32Array): number;
  /**
   * Why an output of such a shape can't be scored; null where it can, or where what is known does
   * not tell.
   */
  misfit(dims: OutputShape['dims'], context: FitContext): Misfit | null;
  /** Why labels can't belong to an output of such a shape; null where they can. */
  labelMisfit(labels: Int32Array, dims: OutputShape['dims']): string | null;
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
