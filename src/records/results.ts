/**
 * What the stages and trials of a sweep produce: plain, structured-cloneable records that a child process sends to the
 * parent and that the store writes. Layers are named by {@link LayerRecord.name}.
 */

import type { ChannelHistograms } from './channel-histograms.js';
import type { LayerOp } from '../onnx/layers/layer-op.js';
import type { LossMode } from './loss-mode.js';
import type { StopVerdict } from '../statistics/sequential-test.js';

export interface ModelRecord {
  readonly sha256: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly opset: number;
  /** Float32 numbers in initializers and Constant nodes. */
  readonly parameters: number;
  readonly layers: readonly LayerRecord[];
}

export interface LayerRecord {
  readonly position: number;
  readonly name: string;
  readonly op: LayerOp;
  readonly inputTensor: string;
  readonly outputTensor: string;
  readonly weightShape: readonly number[];
  readonly groups: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Name of the BatchNormalization node folded into the layer, or null. */
  readonly batchNorm: string | null;
  /** Why the layer can't be quantized, or null. */
  readonly unsupported: string | null;
  /** `[inputChannels]` each; null for an unsupported layer. */
  readonly weightAbsmax: Float64Array | null;
  readonly weightAbsmaxView: Float64Array | null;
}

/** Statistics of a layer's input over one prefix of the calibration data, `[inputChannels]` each. */
export interface InputStatistics {
  readonly layer: string;
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** max |x| per channel. */
  readonly absmax: Float64Array;
  /** max |x| per column of `x.view(-1, C)`; null unless asked for. */
  readonly absmaxView: Float64Array | null;
  /** Null unless a calibrator that reads histograms is to be used on this prefix. */
  readonly histograms: ChannelHistograms | null;
  /** By each calibrator that reads histograms; none where no histograms were gathered. */
  readonly histogramAmax?: AmaxByCalibrator;
}

/**
 * The amax of a layer's input in 8 bits, signed, without smoothing, by the name of the calibrator: how it converges as
 * samples are added. That of `percentile` holds 99.99 %.
 */
export type AmaxByCalibrator = Readonly<Record<string, number>>;

export interface ObservationRecord {
  readonly batches: number;
  readonly samples: number;
  readonly inputs: readonly InputStatistics[];
  /** Only in the last record of the first part of a pass, and only where one was asked for. */
  readonly display?: DisplayHistograms;
}

/** Histograms of the input of every layer over the first few calibration samples: to look at, never to calculate with. */
export interface DisplayHistograms {
  readonly samples: number;
  readonly inputs: readonly { readonly layer: string; readonly histograms: ChannelHistograms }[];
}

/** One candidate alpha of one layer in a search. */
export interface SearchPoint {
  readonly layer: string;
  readonly alpha: number;
  /** Sweep of the descent of order `output`, from 1; 0 in the other orders. */
  readonly sweep: number;
  /** Value of the objective, e.g. mean |y - y_fp32|. */
  readonly loss: number;
  readonly relL1: number | null;
}

/** One static alpha for all layers in a search. */
export interface AlphaPoint {
  readonly alpha: number;
  /** Of the quantized model's output from FP32's, see `outputDivergence`. */
  readonly divergence: number;
}

/** What a search found. */
export interface SearchRecord {
  /** Empty for alpha `auto`. */
  readonly points: readonly (SearchPoint & { readonly chosen: boolean })[];
  /** Static alphas by divergence: of order `output` and alpha `auto` only. */
  readonly alphaCurve: readonly (AlphaPoint & { readonly chosen: boolean })[];
  /** Of every layer that is quantized. */
  readonly alphas: ReadonlyMap<string, number>;
}

/** How far the output is from FP32's when this layer alone is quantized. */
export interface LayerRankRecord {
  readonly layer: string;
  readonly divergence: number;
}

export interface AccuracyRecord {
  /** `top1`, `top5`, `agreement`, `mAP`, or `ap` with a slice `class@threshold`. */
  readonly metric: string;
  readonly slice: string;
  /** 0..1 */
  readonly value: number;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly ciMethod: 'wilson' | 'bootstrap' | null;
  readonly correct: number | null;
  readonly total: number | null;
}

/** Per-sample evidence for paired comparisons of two trials. */
export interface OutcomeRecord {
  readonly metric: string;
  /** `bitset`: 1 bit a sample, low bit first; `bootstrap`: float64 replicates on resamples that all trials share. */
  readonly kind: 'bitset' | 'bootstrap';
  /** Samples of a bitset, replicates of a bootstrap. */
  readonly count: number;
  readonly data: Uint8Array;
}

export interface EvaluationRecord {
  /** The metric by which trials are ranked: `top1` or `mAP`. */
  readonly primaryMetric: string;
  readonly samples: number;
  readonly accuracies: readonly AccuracyRecord[];
  readonly outcomes: readonly OutcomeRecord[];
}

export interface LayerLossRecord {
  readonly layer: string;
  readonly mode: LossMode;
  readonly l1: number;
  readonly relL1: number | null;
  readonly mse: number;
  readonly sqnrDb: number | null;
  readonly cosine: number | null;
  readonly maxAbs: number;
}

export interface QuantizerRecord {
  readonly layer: string;
  readonly role: 'input' | 'weight';
  readonly granularity: 'tensor' | 'channel';
  readonly bits: number;
  readonly signed: boolean;
  /** Largest over channels. */
  readonly amax: number;
  /** The same with s = 1. */
  readonly amaxUnsmoothed: number;
  /** Largest over channels. */
  readonly scale: number;
  /** Of the channel with the largest amax. */
  readonly zeroPoint: number;
  /** Lowest real value of the range: -amax, 0 when unsigned, its own when asymmetric; smallest over channels. */
  readonly low: number;
  readonly narrowRange: boolean;
  /** `[outputChannels]`, or null when per tensor. */
  readonly amaxChannels: Float64Array | null;
  /** `[outputChannels]` of `low` where asymmetric per channel, else null. */
  readonly lowChannels: Float64Array | null;
}

export interface SmoothingRecord {
  readonly layer: string;
  /** null without SmoothQuant (unsmoothed, cle). */
  readonly alpha: number | null;
  readonly apply: 'insert' | 'fold' | 'none';
  /** Why 1/s was inserted although folding was asked for, or why cle left the layer alone; null otherwise. */
  readonly fallbackReason: string | null;
  readonly deadChannels: number;
  /** `[inputChannels]` */
  readonly s: Float32Array;
}

/** What bias correction took off a layer's bias. */
export interface BiasCorrectionRecord {
  readonly layer: string;
  /** `[outputChannels]` */
  /** `[O]`, in the units of the output that the trial's model computes: divided by `outputFactors` where it folds them. */
  readonly correction: Float32Array;
  /** `[O]`: what folded smoothing divided the layer's output by; null where it is as in the untouched model. */
  readonly outputFactors: Float32Array | null;
}

/** What a model was judged by whose output does not tell whether it is equivalent. */
export type GateBasis = 'discontinuous' | 'rounding';

export interface GateRecord {
  /** max |smoothed float - fp32| / absmax(fp32), of the output or of what it was judged by. */
  readonly maxRelativeError: number;
  readonly samples: number;
  /**
   * Why the output alone did not tell: `discontinuous` operators before it, or float32's own `rounding`, which is large
   * beside it. Absent where it did.
   */
  readonly judgedBy?: GateBasis;
}

/** What ran a piece of work, as the runtime itself reported it. */
export interface ExecutionRecord {
  /** e.g. `CPUExecutionProvider`; several joined by `+`. */
  readonly provider: string;
  /** Execution provider -> operator -> nodes that it ran in one run of the graph; absent where nothing was profiled. */
  readonly kernels?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Phase -> milliseconds. */
  readonly timings: Readonly<Record<string, number>>;
  /** Nodes that ran as integer kernels, by operator; only of trials of integer execution. */
  readonly integerKernels?: Readonly<Record<string, number>>;
}

export interface TrialRecord {
  readonly evaluation: EvaluationRecord;
  readonly losses: readonly LayerLossRecord[];
  /** Samples that the losses were measured on; 0 for fp32. */
  readonly lossSamples: number;
  readonly quantizers: readonly QuantizerRecord[];
  readonly smoothing: readonly SmoothingRecord[];
  /** Empty unless biases are corrected. */
  readonly biasCorrections: readonly BiasCorrectionRecord[];
  /** Mean over the loss samples of the output's divergence from FP32's, see `outputDivergence`; null for fp32. */
  readonly outputDivergence: number | null;
  /** null for fp32. */
  readonly gate: GateRecord | null;
  /** Of the model to deploy, without the metadata that an export adds; absent for fp32. */
  readonly exportBytes?: number;
}

/** How a trial came to be stopped before it had seen all evaluation samples. Counts are of the samples seen. */
export interface StopRecord extends StopVerdict {
  /** Content key of the complete trial that it was held against. */
  readonly against: string;
  /** The primary metric, of which right and wrong are. */
  readonly metric: string;
  readonly confidence: number;
  /** Of the random order in which samples were taken. */
  readonly orderSeed: number;
  /** Samples of the whole evaluation. */
  readonly samples: number;
}

/** A trial that was stopped: it has no accuracy, which is of all samples; all else is that of a complete one. */
export interface StoppedTrialRecord extends Omit<TrialRecord, 'evaluation'> {
  readonly stopped: StopRecord;
}

/**
 * Why work failed. `transient` work may be tried again (child killed, out of memory, device lost); `permanent` work
 * fails the same way each time (unsupported operator, non-finite numbers, gate not passed).
 */
export interface FailureRecord {
  /** e.g. `NonFiniteError`, `GateError`, `WorkerDied`. */
  readonly errorClass: string;
  readonly message: string;
  /** True where another attempt may succeed: the child was lost, not the work wrong. */
  readonly retry: boolean;
  /** True where memory may have been short: the next attempt feeds fewer samples at once. */
  readonly smallerBatches?: boolean;
  /** True where any other work would meet the same: the sweep ends with it, and no trial counts as failed. */
  readonly endsSweep?: boolean;
}
