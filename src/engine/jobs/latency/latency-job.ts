import type { DataSource } from '../../../formats/data-source.js';
import type { PreprocessSettings } from '../../../formats/preprocess/preprocess-settings.js';
import type { OperatorTimeRecord } from '../../../records/latency-record.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/**
 * Times FP32 and candidates in turn, one run each a round. Nothing else may run on the machine
 * meanwhile.
 */
export interface LatencyJob {
  readonly kind: 'latency';
  /** The model that the candidates were made from: FP32, as it lies in its file. */
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
  /** Paths of `.onnx` files, as `export` writes them. */
  readonly candidates: readonly string[];
  /** Samples of one run; ignored where the model fixes its batch. */
  readonly batchSize: number;
  /** Threads of one operator. */
  readonly threads: number;
  readonly rounds: number;
  /** Rounds before them that do not count. */
  readonly warmup: number;
}

/** What was timed of one model. */
export interface TimedModel {
  /** `[rounds]` */
  readonly wallMs: readonly number[];
  /** `[rounds]`, of all threads of the process. */
  readonly cpuMs: readonly number[];
  readonly operators: readonly OperatorTimeRecord[];
}

export interface LatencyResult {
  /** Samples of each run. */
  readonly batchSize: number;
  /** FP32, then the candidates in their order. */
  readonly models: readonly TimedModel[];
  /** `[rounds][models]`: indices of `models` in the order in which they ran. */
  readonly order: readonly (readonly number[])[];
}

export const latencyFacts: JobFacts<LatencyJob> = {
  samplesPerRun: ({ batchSize }) => batchSize,
  data: () => null,
  batchSetting: () => 'measure.latency.batchSizes',
};
