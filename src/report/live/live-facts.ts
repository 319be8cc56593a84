import type { PageLinks } from '../page-links.js';

/** What a page of a running server knows beyond the database. */
export interface LiveFacts {
  readonly run: RunState;
  /** Names the state of the database that the page shows; the page asks for news when the server has another. */
  readonly revision: string;
}

/** Whether a sweep runs on the database now, see store/read-run-state. Times are UTC, ISO 8601. */
export type RunState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' | 'unknown'; readonly pid: number; readonly host: string; readonly since: string };

/** What the figures of a sweep's live section know. */
export interface LiveSweep {
  readonly name: string;
  readonly links: PageLinks;
  readonly run: RunState;
  /** True where the run is (or, of another host, may be) at this sweep. */
  readonly isRun: boolean;
  readonly now: Date;
}

/**
 * A sweep under the given run. A run begins its sweep, which sets its `updated_at`, after it has taken the database, and
 * runs no other.
 */
export function liveSweep(
  { name, updatedAt }: { readonly name: string; readonly updatedAt: string },
  links: PageLinks,
  run: RunState,
  now: Date,
): LiveSweep {
  return { name, links, run, isRun: run.kind !== 'none' && updatedAt >= run.since, now };
}
