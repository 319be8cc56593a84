import type { PageLinks } from '../addresses/page-links.js';

/** What a page of a running server knows beyond the database. */
export interface LiveFacts {
  readonly run: RunState;
  /**
   * Names the state of the database that the page shows; the page asks for news when the server has
   * another.
   */
  readonly revision: string;
  /** Now on the machine's monotonic clock, in milliseconds: that of `started_ms` and `ended_ms`. */
  readonly nowMs: number;
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
  /** The same on the machine's monotonic clock; null where the run is of another machine. */
  readonly nowMs: number | null;
}

/** A sweep under the given run, which has claimed the database for the one sweep that it runs. */
export function liveSweep(
  { name, claimed }: { readonly name: string; readonly claimed: boolean },
  links: PageLinks,
  { run, nowMs }: LiveFacts,
  now: Date,
): LiveSweep {
  const isRun = run.kind !== 'none' && claimed;
  return { name, links, run, isRun, now, nowMs: run.kind === 'running' ? nowMs : null };
}
