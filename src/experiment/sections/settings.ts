/**
 * The settings of one trial, as the experiment file spells them (camelCase throughout, plain JSON).
 * An axis of the grid is a dotted path into {@link Settings}, e.g. `smoothing.alpha`.
 */

import type { CalibratorName } from '../../calibrate/calibrators/registry.js';
import type { ActivationSchemeName } from '../../calibrate/schemes/activation-schemes.js';
import type { WeightSchemeName } from '../../calibrate/schemes/weight-schemes.js';
import type { WeightCalibratorName } from '../../calibrate/weight-calibrators/registry.js';
import type { DataSource } from '../../formats/data-source.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import type { LayerOp } from '../../onnx/layers/layer-op.js';
import type { LossMode } from '../../records/loss-mode.js';
import type { SmoothingSettings } from '../../smooth/smoothing-settings.js';
import type { TaskSettings } from '../../tasks/task-settings.js';
import type { SettingSources } from '../file/setting-sources.js';

export interface ModelSettings {
  readonly path: string;
  /** Name of the input fed with samples; null: the model's only input. */
  readonly input: string | null;
  /** Name of the output that is evaluated; null: the model's only output. */
  readonly output: string | null;
}

export interface CalibrationSettings {
  readonly source: DataSource;
  readonly batchSize: number;
  /** Calibration size in batches: the first `batches * batchSize` samples of the source, in its order or a seed's. */
  readonly batches: number;
  /** Seed of the order in which the source's samples are taken; null: as they lie. */
  readonly sampleSeed: number | null;
}

export interface EvaluationSettings {
  readonly source: DataSource;
  /** Samples of one run of the session, or as many as memory allows; docs/ROBUSTNESS.md says what it changes. */
  readonly batchSize: number | 'auto';
  /** The first so many samples, or `all`. */
  readonly samples: number | 'all';
  /** When a candidate is stopped before it has seen them all; absent: never. */
  readonly stop?: StopSettings;
}

/** A candidate is stopped once it is certainly not the best. */
export interface StopSettings {
  /** Probability, 0.5 to below 1, with which a setting that is as good as the best complete one is not stopped. */
  readonly confidence: number;
}

/** What some layers get instead of the sweep's quantizers. Of several rules that match a layer the last one counts. */
export interface LayerRule {
  /** `first` or `last` of the selected layers in graph order, or a glob of layer names. */
  readonly match: string;
  /** `float` leaves the layer in float; `quantized` takes it back from an earlier rule. */
  readonly precision: 'float' | 'quantized';
  /** null: those of `quantization`. */
  readonly activationBits: number | null;
  readonly weightBits: number | null;
}

/** Which of the selected layers one trial quantizes. */
export type SensitivityMode = 'none' | 'only' | 'allBut';

export interface LayerSettings {
  readonly ops: readonly LayerOp[];
  /** Globs of layer names (`*` matches any run of characters). */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly rules: readonly LayerRule[];
  /** `only`: a trial for each layer, which alone is quantized; `allBut`: one for each, which alone stays float. */
  readonly sensitivity: SensitivityMode;
  /** The layer that a sensitivity trial is of: a glob in the file, the name of one layer once expanded. */
  readonly focus: string;
  /** So many layers stay float: those that hurt the output most when they alone are quantized. */
  readonly keepFloat: number;
}

export interface ActivationQuantizerSettings {
  readonly bits: number;
  readonly calibrator: CalibratorName;
  /** Share of |x|, in percent, that the percentile calibrator does not clip. */
  readonly percentile: number;
  readonly scheme: ActivationSchemeName;
  /** Leaves out the lowest level, so that signed levels are symmetric. */
  readonly narrowRange: boolean;
}

export interface WeightQuantizerSettings {
  readonly bits: number;
  readonly granularity: 'channel' | 'tensor';
  readonly calibrator: WeightCalibratorName;
  readonly scheme: WeightSchemeName;
  readonly narrowRange: boolean;
}

export interface BiasCorrectionSettings {
  /** `empirical`: the mean error of each output channel over calibration samples is taken off the bias. */
  readonly method: 'none' | 'empirical';
  /** The first so many calibration samples. */
  readonly samples: number;
}

/** `integer`: the QDQ model, which the runtime may fuse to its integer kernels. */
export type Execution = 'simulated' | 'integer';

export interface QuantizationSettings {
  readonly activation: ActivationQuantizerSettings;
  readonly weight: WeightQuantizerSettings;
  readonly biasCorrection: BiasCorrectionSettings;
  readonly execution: Execution;
}

/** What a candidate alpha of a layer is judged by; the `output` order always takes the divergence of the output. */
export type SearchObjective = 'l1' | 'mse' | 'channelMse';

/**
 * `isolated`: each layer alone, fed the FP32 input; `sequential`: in graph order, behind its quantized predecessors;
 * `output`: coordinate descent on the divergence of the output, from the best static alpha.
 */
export type SearchOrder = 'isolated' | 'sequential' | 'output';

export interface SearchSettings {
  /** Candidate alphas, ascending. */
  readonly candidates: readonly number[];
  /** The first so many calibration samples. */
  readonly samples: number;
  readonly objective: SearchObjective;
  readonly order: SearchOrder;
  /** Which of equally good candidates is taken. */
  readonly ties: 'smaller' | 'larger';
  /** Times that the descent of order `output` goes through all layers; it stops early when nothing changes. */
  readonly sweeps: number;
}

export interface LossSettings {
  /** The first so many evaluation samples. */
  readonly samples: number;
  readonly modes: readonly LossMode[];
}

export interface GateSettings {
  /** The first so many evaluation samples on which the smoothed float model must reproduce FP32. */
  readonly samples: number;
  /** Largest allowed error relative to the absmax of the FP32 output. */
  readonly tolerance: number;
}

/** Everything a trial depends on. `run` settings (provider, slots, ...) are not here: they must not change results. */
export interface Settings {
  readonly model: ModelSettings;
  readonly data: {
    readonly calibration: CalibrationSettings;
    readonly evaluation: EvaluationSettings;
    readonly preprocess: PreprocessSettings;
  };
  readonly task: TaskSettings;
  readonly layers: LayerSettings;
  readonly quantization: QuantizationSettings;
  readonly smoothing: SmoothingSettings;
  readonly search: SearchSettings;
  readonly loss: LossSettings;
  readonly gate: GateSettings;
}

export type ProviderRequest = 'auto' | 'cuda' | 'webgpu' | 'cpu';
export type OptimizationLevel = 'disabled' | 'basic' | 'extended' | 'all';

/** How a sweep is run: nothing here changes a result, except the provider and level, which are part of every key. */
export interface RunSettings {
  readonly provider: ProviderRequest;
  /** The CPU may do what the provider can't; false: that is an error. */
  readonly allowFallback: boolean;
  /** Child processes at work at once; null: one per core on CPU, one per device on a GPU. */
  readonly slots: number | null;
  /** Threads of each child's session; null: cores / slots. */
  readonly threads: number | null;
  readonly optimizationLevel: OptimizationLevel;
  /** SQLite file; absolute once loaded. */
  readonly database: string;
  /** Further attempts after a child died, hung or lost its device. */
  readonly retries: number;
  /** Seconds without a sign of life after which a child counts as hanging and is replaced. */
  readonly hangSeconds: number;
  /** Resident memory in MiB that one child may use; null: no limit. */
  readonly memoryMb: number | null;
  /** Minutes that the sweep waits while another program holds the database, before it ends. */
  readonly lockWaitMinutes: number;
}

export type BaselineRole = 'fp32' | 'unsmoothed';
/** `sensitivity`: of one layer, to learn from; never a setting to choose. */
export type TrialRole = BaselineRole | 'candidate' | 'sensitivity';

/** One trial before content keys: its role, its full settings, and the axis values that made it. */
export interface ExpandedTrial {
  readonly role: TrialRole;
  readonly settings: Settings;
  /** Dotted path -> value, for the axes of the block that the trial came from. */
  readonly axes: Readonly<Record<string, unknown>>;
}

/** A loaded, validated experiment file. */
export interface Experiment {
  readonly name: string;
  /** The question that the sweep answers, shown first in the report; null without. */
  readonly question: string | null;
  readonly path: string;
  /** The file's text as read. */
  readonly yaml: string;
  readonly run: RunSettings;
  /** Trials in the order baselines, then grid; none twice. */
  readonly trials: readonly ExpandedTrial[];
  /** Dotted paths of all axes of the grid, in order of appearance. */
  readonly axisPaths: readonly string[];
  /** Lines for people: settings that were written and have no effect. */
  readonly notes?: readonly string[];
  /** Where the settings of trials were written, for messages about them; absent where that is not known. */
  readonly sources?: SettingSources;
}
