import type { ExecutionRecord } from '../../records/execution-record.js';
import type { JobFacts } from './job-facts.js';
import { latencyFacts, type LatencyJob, type LatencyResult } from './latency/latency-job.js';
import { measureFacts, type MeasuredModel, type MeasureJob } from './measure/measure-job.js';
import { momentsFacts, type MomentsJob, type MomentsResult } from './moments/moments-job.js';
import { numericsFacts, type NumericsJob, type NumericsResult } from './numerics/numerics-job.js';
import { observeFacts, type ObserveJob, type ObserveResult } from './observe/observe-job.js';
import { placeFacts, type PlaceJob, type PlaceResult } from './place/place-job.js';
import { probeFacts, type ProbeJob, type ProbeResult } from './probe/probe-job.js';
import { rankFacts, type RankJob, type RankResult } from './rank/rank-job.js';
import { referenceFacts, type ReferenceJob, type SurveyedState } from './reference/reference-job.js';
import { searchFacts, type SearchJob, type SearchResult } from './search/search-job.js';
import { shapesFacts, type OutputShapes, type ShapesJob } from './shapes/shapes-job.js';
import { trialFacts, type TrialJob, type TrialResult } from './trial/trial-job.js';

/** Every kind of job with what it results in. What runs it is in `run-job.ts`. */
export interface JobKinds {
  readonly observe: { readonly job: ObserveJob; readonly result: ObserveResult };
  readonly moments: { readonly job: MomentsJob; readonly result: MomentsResult };
  readonly reference: { readonly job: ReferenceJob; readonly result: SurveyedState };
  readonly search: { readonly job: SearchJob; readonly result: SearchResult };
  readonly rank: { readonly job: RankJob; readonly result: RankResult };
  readonly trial: { readonly job: TrialJob; readonly result: TrialResult };
  readonly shapes: { readonly job: ShapesJob; readonly result: OutputShapes };
  readonly probe: { readonly job: ProbeJob; readonly result: ProbeResult };
  readonly numerics: { readonly job: NumericsJob; readonly result: NumericsResult };
  readonly measure: { readonly job: MeasureJob; readonly result: MeasuredModel };
  readonly latency: { readonly job: LatencyJob; readonly result: LatencyResult };
  readonly place: { readonly job: PlaceJob; readonly result: PlaceResult };
}

export type JobKind = keyof JobKinds;
export type JobOf<K extends JobKind> = JobKinds[K]['job'];
export type Job = JobOf<JobKind>;
export type JobResults = { readonly [K in JobKind]: JobKinds[K]['result'] };
export type JobResult<K extends JobKind> = { readonly value: JobResults[K]; readonly execution: ExecutionRecord };

const facts = {
  observe: observeFacts,
  moments: momentsFacts,
  reference: referenceFacts,
  search: searchFacts,
  rank: rankFacts,
  trial: trialFacts,
  shapes: shapesFacts,
  probe: probeFacts,
  numerics: numericsFacts,
  measure: measureFacts,
  latency: latencyFacts,
  place: placeFacts,
} satisfies { readonly [K in JobKind]: JobFacts<JobOf<K>> };

/** What is asked of jobs of any kind, for jobs of this one. */
export function factsOf<K extends JobKind>(kind: K): JobFacts<JobOf<K>> {
  // The table has under each kind the facts of its jobs.
  return facts[kind];
}

/** Samples that a job feeds to one run of its session where memory is not short. */
export function samplesPerRun(job: Job): number {
  return factsOf(job.kind).samplesPerRun(job);
}
