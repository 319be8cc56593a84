import type { CanonicalSmoothing } from '../smooth/smoothing-settings.js';
import type { FrontierSettings } from '../experiment/sections/layers.js';
import type { Goal } from '../experiment/file/goal-schema.js';
import type { TrialSettings } from '../experiment/sections/canonical-settings.js';
import type { AbsmaxMethod } from '../calibrate/absmax-method.js';
import type {
  CalibrationSettings,
  EvaluationSettings,
  LayerSettings,
  ModelSettings,
  OptimizationLevel,
  QuantizationSettings,
  SearchSettings,
} from '../experiment/sections/settings.js';
import type { PreprocessSettings } from '../formats/preprocess/preprocess-settings.js';
import type { PlacingTargetName } from '../targets/registry.js';
import type { TaskSettings } from '../tasks/task-settings.js';

/** sha256 in hex of the canonical JSON of everything that a result depends on. */
export type ContentKey = string;

export type { TrialSettings };

export interface PlannedTrial {
  readonly key: ContentKey;
  readonly settings: TrialSettings;
  /** e.g. `static alpha=0.15, 200 batches`; distinct within a sweep. */
  readonly label: string;
  /**
   * Axis path -> value, for the axes that the trial depends on (an fp32 trial: those of model,
   * evaluation, task).
   */
  readonly axes: Readonly<Record<string, unknown>>;
  readonly position: number;
  readonly referenceKey: ContentKey;
  /** null for fp32. */
  readonly observeKey: ContentKey | null;
  /** null unless weights are rounded, or alphas searched, by second moments. */
  readonly momentsKey: ContentKey | null;
  /** null unless alphas are searched (dynamic, auto). */
  readonly searchKey: ContentKey | null;
  /** null unless some layers are kept in float by their rank. */
  readonly rankKey: ContentKey | null;
  /** null unless `layers.keepFloat` is `auto` or `slower`, or a goal has bits. */
  readonly keepKey: ContentKey | null;
  /** Keys that the trial's counterparts have (or would have), for comparisons. */
  readonly fp32Key: ContentKey;
  /** null for fp32, and for a sensitivity trial, whose counterpart nobody asked for. */
  readonly unsmoothedKey: ContentKey | null;
  /**
   * Of the trial that differs in nothing but being simulated; null unless this one's execution is
   * integer.
   */
  readonly simulatedKey: ContentKey | null;
  /**
   * Hash of the calibration source, by content; null for fp32. Trials of equal ones take their
   * samples from equal data.
   */
  readonly calibrationDataKey: ContentKey | null;
}

/** One pass over the calibration data; serves every trial that calibrates on a prefix of it. */
export interface ObserveStage {
  readonly kind: 'observe';
  readonly key: ContentKey;
  readonly model: ModelSettings;
  readonly preprocess: PreprocessSettings;
  /** `batches` is the largest prefix that any trial needs. */
  readonly calibration: CalibrationSettings;
  /**
   * Prefix sizes in batches at which statistics are kept, ascending: those of the trials and 1, 2,
   * 5, 10, ... below.
   */
  readonly snapshots: readonly number[];
  /** Prefix sizes that trials need (subset of `snapshots`). */
  readonly required: readonly number[];
  /** Statistics for `view` are gathered only when a trial wants them. */
  readonly methods: readonly AbsmaxMethod[];
  /**
   * Whether histograms are gathered: for calibrators other than `max`. They are kept at the
   * required sizes.
   */
  readonly histograms: boolean;
  /** Targets of its trials, whose tensors are observed as well, sorted; absent: none. */
  readonly targets?: readonly PlacingTargetName[];
}

/** Whose samples second moments are taken over, in which order; not how many, nor in which runs. */
export type MomentsData = Omit<CalibrationSettings, 'batchSize' | 'batches'>;

/**
 * One pass for the second moments of the inputs of layers; serves every trial and search that goes
 * by them.
 */
export interface MomentsStage {
  readonly kind: 'moments';
  readonly key: ContentKey;
  readonly model: ModelSettings;
  readonly preprocess: PreprocessSettings;
  readonly calibration: MomentsData;
  /** Operators of the layers: all that a trial may quantize, sorted. */
  readonly ops: LayerSettings['ops'];
  /** Prefix sizes at which they are kept, ascending; the pass ends with the largest. */
  readonly samples: readonly number[];
}

/**
 * The FP32 pass over the evaluation data; an fp32 trial is this stage's result under a trial's
 * name.
 */
export interface ReferenceStage {
  readonly kind: 'reference';
  readonly key: ContentKey;
  readonly model: ModelSettings;
  readonly preprocess: PreprocessSettings;
  readonly evaluation: EvaluationSettings;
  readonly task: TaskSettings;
}

/** What stages that quantize the model over calibration samples have in common. */
export interface QuantizedStage {
  readonly key: ContentKey;
  readonly observeKey: ContentKey;
  readonly model: ModelSettings;
  readonly preprocess: PreprocessSettings;
  readonly calibration: CalibrationSettings;
  /** Of every layer: without sensitivity, with `keepFloat` 0. */
  readonly layers: LayerSettings;
  readonly quantization: QuantizationSettings;
  readonly smoothing: CanonicalSmoothing;
  /** Tells how the outputs of two models are compared. */
  readonly task: TaskSettings;
}

/**
 * The search of alphas, one per layer (mode `dynamic`) or one for all (`auto`), at one calibration
 * size.
 */
export interface SearchStage extends QuantizedStage {
  readonly kind: 'search';
  /** Absent where candidates are judged without second moments. */
  readonly momentsKey?: ContentKey;
  readonly search: SearchSettings;
}

/**
 * Every layer quantized alone, under a smoothing that searches nothing: how far the output then is
 * from FP32's, over calibration samples.
 */
export interface RankStage extends QuantizedStage {
  readonly kind: 'rank';
  /** The first so many calibration samples. */
  readonly samples: number;
  /**
   * Bits of weights that the error of each layer is computed at, ascending; the ranking itself is
   * at the first. Absent: none.
   */
  readonly errorBits?: readonly number[];
  /** Absent where weights are quantized without second moments. */
  readonly momentsKey?: ContentKey;
}

/** Which layers stay in float, where that is not a number of them. */
interface KeepStageOf<By> {
  readonly kind: 'keep';
  readonly key: ContentKey;
  readonly observeKey: ContentKey;
  readonly model: ModelSettings;
  /** Of the trials that it is for. */
  readonly settings: TrialSettings;
  readonly by: By;
}

/**
 * How few layers must stay in float for a loss of the primary metric that is allowed: the trial's
 * own evaluation with more and more of the ranked layers in float.
 */
export interface AccuracyKeepStage extends KeepStageOf<'accuracy'> {
  readonly referenceKey: ContentKey;
  readonly rankKey: ContentKey;
  /** Absent where the trial's weights are quantized without second moments. */
  readonly momentsKey?: ContentKey;
  /** The loss that is allowed, in the unit of the primary metric. */
  readonly loss: number;
}

/** Which layers the model is faster with in float, by measurement on the machine that runs it. */
export interface SpeedKeepStage extends KeepStageOf<'speed'> {
  /** Samples of one run; ignored where the model fixes its batch. */
  readonly batchSize: number;
  /** Threads of one operator. */
  readonly threads: number;
}

/**
 * Which bits each layer gets: the cheapest assignment that keeps a bound, by evaluations along the
 * curve that the layers' errors predict.
 */
export interface FrontierKeepStage extends KeepStageOf<'frontier'> {
  readonly referenceKey: ContentKey;
  readonly rankKey: ContentKey;
  /** Absent where the trial's weights are quantized without second moments. */
  readonly momentsKey?: ContentKey;
  readonly frontier: FrontierSettings;
}

export type KeepStage = AccuracyKeepStage | SpeedKeepStage | FrontierKeepStage;

export type PlannedStage = ObserveStage | MomentsStage | ReferenceStage | SearchStage | RankStage | KeepStage;

export interface SweepPlan {
  readonly name: string;
  readonly question: string | null;
  /** What the recommendation is to be by; null, or absent, without. */
  readonly goal?: Goal | null;
  /** Content key of the whole sweep: the hash of its trials' keys in order. */
  readonly key: ContentKey;
  readonly trials: readonly PlannedTrial[];
  readonly stages: readonly PlannedStage[];
  readonly axisPaths: readonly string[];
}

/** Content identities that keys are made of, resolved before planning. */
export interface PlanContext {
  /** sha256 of the model's bytes (external data included) by absolute path. */
  readonly modelSha256: (path: string) => string;
  /** sha256 of a source's bytes: samples, labels and ground truth. */
  readonly dataSha256: (source: CalibrationSettings['source']) => string;
  /** sha256 of the code that scores a task of kind `module` or `command`; null for others. */
  readonly taskSha256: (task: TaskSettings) => string | null;
  /** Changes when the numerics of the code change. */
  readonly numericsVersion: string;
  /** Its kernels round as they round: results of two versions are never mixed. */
  readonly onnxruntimeVersion: string;
  /** Provider that will run (`auto` already resolved). */
  readonly provider: 'cuda' | 'webgpu' | 'cpu';
  readonly optimizationLevel: OptimizationLevel;
}
