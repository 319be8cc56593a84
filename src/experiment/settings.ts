/**
 * The settings of one trial, as the experiment file spells them (camelCase throughout, plain JSON).
 * An axis of the grid is a dotted path into {@link Settings}, e.g. `smoothing.alpha`.
 */

import type { SettingSources } from './setting-sources.js';

/** Weighted operators that can be quantized. */
export type LayerOp = 'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul';

/** Plain data, as written in the file. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** Where samples come from. Paths are absolute once loaded; in the file they are relative to the file. */
export type DataSource = SampleSource & {
  /** Where the model's further inputs come from, by name; absent where it has none. */
  readonly inputs?: Readonly<Record<string, InputSource>>;
};

/** One further input of the model. Exactly one of `path` and `value` is not null. */
export interface InputSource {
  /** `.npy` or, with `array`, `.npz`. */
  readonly path: string | null;
  /** Member of an archive; null for a `.npy`. */
  readonly array: string | null;
  /** One number for the whole tensor. */
  readonly value: number | boolean | null;
  /** `sample`: the array is `[N, ...]`, one entry a sample; `run`: the whole array is fed to every run. */
  readonly per: 'sample' | 'run';
}

export type SyntheticDistribution = 'normal' | 'uniform' | 'halfNormal';

export type ResizeKernel = 'linear' | 'cubic' | 'lanczos3';

/** Where the samples of a model's main input come from. */
export type SampleSource =
  | {
      readonly format: 'cifar10';
      /** CIFAR-10 binary file: records of 1 label byte and 3072 pixel bytes (R, G, B planes of 32x32). */
      readonly path: string;
    }
  | {
      readonly format: 'npy';
      /** Samples `[N, ...]`. */
      readonly path: string;
      /** Integer class labels `[N]`, a second `.npy`; null without labels. */
      readonly labels: string | null;
      /** Detection ground truth, JSON; null without. */
      readonly groundTruth: string | null;
    }
  | {
      readonly format: 'npz';
      readonly path: string;
      /** Member that holds the samples `[N, ...]`. */
      readonly array: string;
      /** Member that holds integer class labels `[N]`; null without. */
      readonly labelsArray: string | null;
      readonly groundTruth: string | null;
    }
  | {
      readonly format: 'idx';
      /** IDX file of bytes `[N, ...]` (MNIST's format), plain or gzip. */
      readonly path: string;
      /** IDX file of labels `[N]`, plain or gzip; null without. */
      readonly labels: string | null;
    }
  | {
      readonly format: 'npyFolder';
      /** Folder of `.npy` files, one sample each, in the order of their names. */
      readonly path: string;
      /** Integer class labels: a `.npy` `[N]`, or a CSV of file name and label; null without. */
      readonly labels: string | null;
      readonly groundTruth: string | null;
    }
  | {
      readonly format: 'imageFolder';
      /** Folder of JPEG and PNG files, in the order of their paths inside it. */
      readonly path: string;
      /** CSV of path and label; null: classes by the name of the sub-folder, or none where there are no sub-folders. */
      readonly labels: string | null;
      /** Names of the classes in the order of their labels, or a file with one a line; absent: all sub-folders, sorted. */
      readonly classes?: string | readonly string[];
      /** Length of the shorter side, or `[height, width]`; null: as stored. */
      readonly resize: number | readonly [number, number] | null;
      /** Centre crop after resizing: side, or `[height, width]`; null: none. */
      readonly crop: number | readonly [number, number] | null;
      readonly kernel: ResizeKernel;
      /** 3: red, green, blue; 1: luminance. */
      readonly channels: 1 | 3;
    }
  | {
      readonly format: 'synthetic';
      /** Shape of one sample, channels first. */
      readonly shape: readonly number[];
      readonly distribution: SyntheticDistribution;
      /** Factor by channel: of all, or of some by index; null: 1. */
      readonly channelScales: readonly number[] | Readonly<Record<string, number>> | null;
      readonly seed: number;
      /** Number of samples. */
      readonly count: number;
    }
  | {
      readonly format: 'module';
      /** ES module whose default export opens the dataset. */
      readonly path: string;
      /** Handed to the module. */
      readonly options: JsonObject;
    }
  | {
      readonly format: 'bevScenes';
      /** Seed of the generator of bird's-eye-view LiDAR scenes (the embedded demo's data). */
      readonly seed: number;
      /** Number of scenes. */
      readonly scenes: number;
    };

export interface PreprocessSettings {
  /** Axis order of the stored samples; the model is fed channels-first. */
  readonly layout: 'channelsFirst' | 'channelsLast';
  /** `reverse` turns RGB into BGR and back. */
  readonly channelOrder: 'keep' | 'reverse';
  /** Every value is divided by this first (255 for bytes). */
  readonly divideBy: number;
  /** Subtracted after the division, per channel; null: nothing. */
  readonly mean: readonly number[] | null;
  /** Divided by after the mean, per channel; null: nothing. */
  readonly std: readonly number[] | null;
}

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

export type TaskSettings =
  | { readonly kind: 'classification' }
  | {
      /** Dense heatmap `[N, classes, H, W]`, scored by centre-distance mAP (nuScenes style). */
      readonly kind: 'centerDetection';
      /** Distances in cells. */
      readonly thresholds: readonly number[];
      readonly maxDetections: number;
      readonly minScore: number;
      /** Replicates of the paired bootstrap over samples that gives the interval. */
      readonly bootstrap: number;
    }
  | {
      /** Any output, without labels: the mean cosine of the output to FP32's, by sample, at least 0. */
      readonly kind: 'fidelity';
      readonly bootstrap: number;
    }
  | {
      /** A metric of the user's own, an ES module. */
      readonly kind: 'module';
      readonly path: string;
      /** Handed to the module. */
      readonly options: JsonObject;
      readonly bootstrap: number;
    }
  | {
      /** A metric by an external command: predictions in, JSON out. */
      readonly kind: 'command';
      /** Program and arguments; `{predictions}` stands for the file of the predictions. */
      readonly command: readonly string[];
      /** Where the command starts; absolute once loaded: the folder of the experiment. */
      readonly folder: string;
      /** Name of the value. */
      readonly metric: string;
      readonly higherIsBetter: boolean;
      readonly timeoutSeconds: number;
    };

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

export type Calibrator = 'max' | 'percentile' | 'entropy' | 'mse';

/** `auto`: unsigned where the observed minimum is not negative, else signed. */
export type ActivationScheme = 'signed' | 'unsigned' | 'auto' | 'asymmetric';

export interface ActivationQuantizerSettings {
  readonly bits: number;
  readonly calibrator: Calibrator;
  /** Share of |x|, in percent, that the percentile calibrator does not clip. */
  readonly percentile: number;
  readonly scheme: ActivationScheme;
  /** Leaves out the lowest level, so that signed levels are symmetric. */
  readonly narrowRange: boolean;
}

/** `mse`: the amax with the smallest squared error of the weight. */
export type WeightCalibrator = 'max' | 'mse';

export type WeightScheme = 'signed' | 'asymmetric';

export interface WeightQuantizerSettings {
  readonly bits: number;
  readonly granularity: 'channel' | 'tensor';
  readonly calibrator: WeightCalibrator;
  readonly scheme: WeightScheme;
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

export type AbsmaxMethod = 'channel' | 'view';

/** `static`: SmoothQuant with one alpha; `dynamic`: one alpha a layer; `cle`: cross-layer equalization; `none`: s = 1. */
export type SmoothingMode = 'none' | 'static' | 'dynamic' | 'cle';

export type SmoothingApply = 'insert' | 'fold';

export interface SmoothingSettings {
  readonly mode: SmoothingMode;
  /** Migration strength in [0, 1]; `auto`: the candidate whose output is nearest to FP32's. Used by `static` only. */
  readonly alpha: number | 'auto';
  readonly absmax: AbsmaxMethod;
  /** `insert`: each layer divides its own input; `fold`: 1/s goes into the producer of the input where that is exact. */
  readonly apply: SmoothingApply;
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

/**
 * `accumulated`: the whole network quantized. The others feed the layer alone the FP32 input: `isolated` quantizes its
 * input and weight, `weight` and `activation` only the one.
 */
export type LossMode = 'accumulated' | 'isolated' | 'weight' | 'activation';

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
