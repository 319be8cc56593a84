import type { InputIdentity } from '../../formats/input-identity.js';
import type { SessionSettings } from '../session/session.js';
import type { JobCaches } from './job-caches.js';
import type { PhaseClock } from './phase-clock.js';

/** What a job may use besides its own description. */
export interface JobContext {
  readonly session: SessionSettings;
  readonly report: (done: number, total: number) => void;
  readonly clock: PhaseClock;
  readonly caches: JobCaches;
  /**
   * Samples of one run at most, after an attempt ran out of memory; null: as many as the settings
   * say.
   */
  readonly batchLimit: number | null;
  /**
   * Samples of one run, where there are so many runs that it pays to measure how this machine runs
   * the graph fastest.
   */
  readonly longPass?: number | null;
  /** What the sweep was planned with; the job is refused once one of them has changed. */
  readonly inputs: readonly InputIdentity[];
}

/** Samples of one run: as wanted, or fewer where memory was short. Changes no result. */
export function batchWithin(wanted: number, { batchLimit }: Pick<JobContext, 'batchLimit'>): number {
  return batchLimit === null ? wanted : Math.min(wanted, batchLimit);
}

/**
 * The context in which the runtime may fuse QuantizeLinear and DequantizeLinear into integer
 * kernels, as it does by default: for the model of a trial of `execution: integer` alone. Such a
 * session also quantizes float weights and rounds biases of a model that brings Q/DQ of its own, so
 * that FP32 would not be FP32 in it.
 */
export function fusing(context: JobContext): JobContext {
  return { ...context, session: { ...context.session, fuseQuantized: true } };
}
