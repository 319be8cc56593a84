import type { DetectionGroundTruth } from '../formats/dataset.js';
import type { SampleOrigin } from '../formats/sample-origin.js';
import type { EvaluationRecord } from '../records/evaluation-record.js';
import type { SampleCoverage } from './sample-coverage.js';

/** What a metric judges outputs by. */
export interface MetricContext {
  /** Class labels `[>= sampleCount]`, or null. */
  readonly labels: Int32Array | null;
  /** At least `sampleCount` scenes, or null. */
  readonly groundTruth: DetectionGroundTruth | null;
  /** Argmax of the FP32 model `[>= sampleCount]`; null for FP32 itself. */
  readonly referenceArgmax: Int32Array | null;
  /** Samples `0 .. sampleCount - 1` are evaluated. */
  readonly sampleCount: number;
  /** Paths of the samples inside their folder `[>= sampleCount]`; null or absent: none. */
  readonly names?: readonly string[] | null;
  /** Shape of a sample as the model is fed it, `[C, H, W]` say; null or absent: not known. */
  readonly sampleShape?: readonly number[] | null;
}

/** An output of the model for some samples: row-major, `[count, ...]`; of integers as numbers. */
export interface OutputTensor {
  readonly name: string;
  readonly data: Float32Array;
  readonly dims: readonly number[];
  /** The model's numbers are whole, or bool; absent: false. */
  readonly isInteger?: boolean;
}

/** What the model gives for samples `first .. first + count - 1`. None of the arrays is kept. */
export interface SampleBatch {
  readonly first: number;
  readonly count: number;
  /** The evaluated outputs, in the order of the settings or else of the model; one at least. */
  readonly outputs: readonly OutputTensor[];
  /** The FP32 model's for the same samples; null where nobody asked for them. */
  readonly reference: readonly OutputTensor[] | null;
  /** Where the samples come from `[count]`; null where that is not known. */
  readonly origins: readonly SampleOrigin[] | null;
}

/**
 * What a metric has gathered: plain, structured-cloneable data that a child process sends to its
 * parent.
 */
export interface GatheredState {
  /** The kind of the task. */
  readonly kind: string;
  readonly coverage: SampleCoverage;
}

export interface MetricResult {
  readonly evaluation: EvaluationRecord;
  /** Class with the largest output `[sampleCount]`; null where outputs are not classes. */
  readonly argmax: Int32Array | null;
}

/**
 * Gathers what a task needs of a model's outputs, in any order of samples, and then computes its
 * metric. What runs code of the user's own may be asynchronous, see {@link Metric} for what does
 * not.
 */
export interface TaskMetric<State extends GatheredState = GatheredState> {
  /** `add` wants the FP32 model's output of the same samples. */
  readonly needsReference: boolean;
  /**
   * Takes the outputs of some samples.
   *
   * @throws MetricError when the shape or the samples don't fit, or a label is no class of the
   *   output.
   * @throws NonFiniteError when the output holds NaN or an infinity.
   */
  add(batch: SampleBatch): void | Promise<void>;
  /**
   * Whether the primary metric counts a sample that was added as right; absent where it is no count
   * of samples.
   */
  readonly isRight?: (sample: number) => boolean;
  /** Returns what was gathered so far. */
  state(): State;
  /**
   * Returns the metric over all samples.
   *
   * @throws MetricError when a sample is missing.
   */
  finish(): MetricResult | Promise<MetricResult>;
  /** Removes what it keeps on disk, whether it was finished or not; absent: it keeps nothing. */
  close?(): void;
}

/** A metric that is computed at once. */
export interface Metric<State extends GatheredState = GatheredState> extends TaskMetric<State> {
  add(batch: SampleBatch): void;
  finish(): MetricResult;
}
