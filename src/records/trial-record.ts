import type { StopVerdict } from '../statistics/sequential-test.js';
import type { DeploymentRecord } from './deployment-record.js';
import type { BiasCorrectionRecord } from './bias-correction-record.js';
import type { EvaluationRecord } from './evaluation-record.js';
import type { GateRecord } from './gate-record.js';
import type { LayerLossRecord } from './loss-record.js';
import type { PredictedLossRecord } from './predicted-loss-record.js';
import type { QuantizerRecord } from './quantizer-record.js';
import type { RoundedWeightRecord } from './rounded-weight-record.js';
import type { SmoothingRecord } from './smoothing-record.js';
import type { TensorQuantizerRecord } from './tensor-quantizer-record.js';

/**
 * All that a finished trial leaves behind: plain and structured-cloneable, so that a child process
 * sends it to the parent as it is, which stores it.
 */
export interface TrialRecord {
  readonly evaluation: EvaluationRecord;
  readonly losses: readonly LayerLossRecord[];
  /** Samples that the losses were measured on; 0 for fp32. */
  readonly lossSamples: number;
  /** Absent where no second moments of the layers' inputs were at hand. */
  readonly predictedLosses?: readonly PredictedLossRecord[];
  readonly quantizers: readonly QuantizerRecord[];
  readonly smoothing: readonly SmoothingRecord[];
  /** Empty unless biases are corrected. */
  readonly biasCorrections: readonly BiasCorrectionRecord[];
  /**
   * Mean over the loss samples of the output's divergence from FP32's, see `outputDivergence`; null
   * for fp32.
   */
  readonly outputDivergence: number | null;
  /** null for fp32. */
  readonly gate: GateRecord | null;
  /** Of the model to deploy, without the metadata that an export adds; absent for fp32. */
  readonly exportBytes?: number;
  /** Of a target's own placement; absent of `layers-only` and fp32. */
  readonly tensors?: readonly TensorQuantizerRecord[];
  /** Absent where all weights are rounded to the nearest. */
  readonly roundedWeights?: readonly RoundedWeightRecord[];
  /** Absent where no runtime of the target is here. */
  readonly deployment?: DeploymentRecord;
}

/**
 * How a trial came to be stopped before it had seen all evaluation samples. Counts are of the
 * samples seen.
 */
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

/**
 * A trial that was stopped: it has no accuracy, which is of all samples; all else is that of a
 * complete one.
 */
export interface StoppedTrialRecord extends Omit<TrialRecord, 'evaluation'> {
  readonly stopped: StopRecord;
}
