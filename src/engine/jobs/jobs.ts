import type { AbsmaxMethod } from '../../calibrate/absmax-method.js';
import type {
  CalibrationSettings,
  EvaluationSettings,
  LayerSettings,
  ModelSettings,
  QuantizationSettings,
  SearchSettings,
} from '../../experiment/sections/settings.js';
import type { DataSource } from '../../formats/data-source.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import type { TaskSettings } from '../../tasks/task-settings.js';
import type { ExecutionRecord } from '../../records/execution-record.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { LayerRankRecord } from '../../records/rank-record.js';
import type { ObservationRecord } from '../../records/observation-record.js';
import type { OutcomeRecord } from '../../records/evaluation-record.js';
import type { SearchPoint, SearchRecord } from '../../records/search-record.js';
import type { StoppedTrialRecord, TrialRecord } from '../../records/trial-record.js';
import type { OutputSurvey } from '../../reference/output-survey.js';
import type { MetricState } from '../../tasks/task-metric.js';
import type { CanonicalSmoothing } from '../../smooth/smoothing-settings.js';
import type { MemoryProfile } from '../../plan/estimate/estimate-memory.js';
import type { ContentKey, TrialSettings } from '../../plan/plan.js';
import type { InputIdentity } from '../../formats/input-identity.js';
import type { FixedInputs } from '../../onnx/edits/small-values.js';
import type { Provider, SessionSettings } from '../session/session.js';

/** The model that a job works on; the child refuses a file whose hash is another one. */
export interface JobModel extends ModelSettings {
  /** Of the file, or, where conditions follow from fixed inputs, of the model without them: see `withFixedInputs`. */
  readonly sha256: string;
  /** Inputs that every run gets the same number in; absent: none. */
  readonly fixed?: FixedInputs;
}

/** Statistics over the calibration batches `firstBatch .. endBatch - 1`, snapshots at each snapshot in that range. */
export interface ObserveJob {
  readonly kind: 'observe';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
  /** Of the order of the samples; null: as they lie. */
  readonly sampleSeed: number | null;
  readonly batchSize: number;
  readonly firstBatch: number;
  readonly endBatch: number;
  /** Batches counted from the start of the data; `endBatch` is always kept as well. */
  readonly snapshots: readonly number[];
  readonly methods: readonly AbsmaxMethod[];
  /** Prefix sizes at which histograms are kept; null to gather none. */
  readonly histograms: readonly number[] | null;
  /** The first so many samples are counted into histograms to look at; 0 for none. */
  readonly displaySamples: number;
}

/** The untouched model over the evaluation samples `first .. first + count - 1`. */
export interface ReferenceJob {
  readonly kind: 'reference';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly evaluation: EvaluationSettings;
  readonly task: TaskSettings;
  readonly first: number;
  readonly count: number;
  /** Samples of the whole evaluation, of which this job does a part. */
  readonly samples: number;
}

/** What jobs that quantize the model over calibration samples have in common. */
export interface QuantizedJob {
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly calibration: CalibrationSettings;
  readonly layers: LayerSettings;
  readonly quantization: QuantizationSettings;
  readonly smoothing: CanonicalSmoothing;
  readonly task: TaskSettings;
  readonly observation: ObservationRecord;
}

/** Losses of every layer at some of a search's candidates (order isolated), or a whole search. */
export interface SearchJob extends QuantizedJob {
  readonly kind: 'search';
  readonly search: SearchSettings;
  readonly candidates: readonly number[];
}

/** Divergence of the output with each of some layers quantized alone. */
export interface RankJob extends QuantizedJob {
  readonly kind: 'rank';
  readonly samples: number;
  /** Of the layers in graph order: every `of`th, from `index`. */
  readonly share: { readonly index: number; readonly of: number };
}

/** Losses of some candidates, to be chosen from when all parts are there, or a search that made its choices itself. */
export type SearchResult =
  | { readonly kind: 'losses'; readonly points: readonly SearchPoint[] }
  | { readonly kind: 'choice'; readonly search: SearchRecord };

/** A whole quantized trial. */
export interface TrialJob {
  readonly kind: 'trial';
  readonly model: JobModel;
  readonly settings: TrialSettings;
  readonly observation: ObservationRecord;
  /** Chosen alpha by layer where they were searched; null otherwise. */
  readonly alphas: ReadonlyMap<string, number> | null;
  /** Layers that stay in float by their rank. */
  readonly keptFloat: readonly string[];
  /** FP32 argmax by evaluation sample; null where the task has none. */
  readonly referenceArgmax: Int32Array | null;
  /** What may stop the trial before all samples are seen; null: it runs to its end. */
  readonly stop: StopRule | null;
}

/** When a trial is stopped: held against a complete one, see `createSequentialTest`. */
export interface StopRule {
  readonly confidence: number;
  /** Of the random order in which the evaluation samples are taken. */
  readonly orderSeed: number;
  /** Content key of the complete trial. */
  readonly against: ContentKey;
  /** What that trial achieved by the primary metric: a bitset over the evaluation samples. */
  readonly outcome: OutcomeRecord;
}

/** Runs the untouched model once, to see the shapes of its outputs. */
export interface ShapesJob {
  readonly kind: 'shapes';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
  /** Samples of the run; a model with a fixed batch axis overrides it. */
  readonly samples: number;
}

/** Loads a tiny model on the child's provider, to see whether it can run. */
export interface ProbeJob {
  readonly kind: 'probe';
}

/** Runs one sample for what the model takes of memory. */
export interface MeasureJob {
  readonly kind: 'measure';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
}

export type Job = ObserveJob | ReferenceJob | SearchJob | RankJob | TrialJob | ShapesJob | ProbeJob | MeasureJob;

/** What a metric gathered of FP32, with what was seen of its input and output; absent in what earlier versions stored. */
export type SurveyedState = MetricState & { readonly survey?: OutputSurvey };

/** Shapes of a model's outputs. */
export interface OutputShapes {
  /** Samples that were fed, with padding. */
  readonly rows: number;
  /** By the output's name. */
  readonly shapes: readonly (readonly [string, readonly number[]])[];
  /** Of the evaluated output with its samples put first, where they were found elsewhere; null: they lead, or were not found. */
  readonly samplesFirst: readonly number[] | null;
}

export interface JobResults {
  readonly observe: readonly ObservationRecord[];
  readonly reference: SurveyedState;
  readonly search: SearchResult;
  readonly rank: readonly LayerRankRecord[];
  readonly trial: TrialRecord | StoppedTrialRecord;
  readonly shapes: OutputShapes;
  readonly probe: { readonly onnxruntimeVersion: string };
  readonly measure: MemoryProfile;
}

export type JobResult<K extends Job['kind']> = { readonly value: JobResults[K]; readonly execution: ExecutionRecord };

/** One child process at work on one device. */
export interface Slot {
  /** e.g. `cpu:0`, `cuda:1` */
  readonly device: string;
  readonly session: SessionSettings;
}

export type { Provider };

export type ParentMessage = {
  readonly kind: 'job';
  readonly id: number;
  readonly job: Job;
  readonly session: SessionSettings;
  readonly batchLimit: number | null;
  readonly inputs: readonly InputIdentity[];
};

export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly done: number; readonly total: number }
  | { readonly kind: 'result'; readonly id: number; readonly result: JobResult<Job['kind']> }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureRecord };
