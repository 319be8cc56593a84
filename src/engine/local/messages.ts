import type { InputIdentity } from '../../formats/input-identity.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { JobKind, JobResult } from '../jobs/jobs.js';
import type { SessionSettings } from '../session/session.js';
import type { SpilledJob } from './spilled-fields.js';

/** What the pool tells a child. */
export type ParentMessage = {
  readonly kind: 'job';
  readonly id: number;
  readonly spilled: SpilledJob;
  readonly session: SessionSettings;
  readonly batchLimit: number | null;
  readonly inputs: readonly InputIdentity[];
};

/** What a child tells the pool. */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly done: number; readonly total: number }
  | { readonly kind: 'result'; readonly id: number; readonly result: JobResult<JobKind> }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureRecord };
