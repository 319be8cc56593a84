import type { LiveState } from './browser/live-state.js';
import type { RunState } from './facts/live-facts.js';
import { folderNames } from './addresses/site-map.js';
import { countText } from './number-text.js';
import { assetText } from './output/html/page-assets.js';
import { openSite } from './pages/site.js';
import type { Query } from './query.js';
import { numberOrNull, textOf, toRows } from './query.js';
import { withRelativePaths } from './relative-paths.js';

/**
 * All that a server needs of the report: its pages as of one moment, the files that they share,
 * pages in their place.
 */
export type { LiveState } from './browser/live-state.js';
export type { Query } from './query.js';
export { noticePage, waitingPage, type Notice } from './pages/notice-page.js';

/** The report as of one moment. Its facts are read once, each page when it is asked for. */
export interface ServedReport {
  /** The text of a page; null for a path that leads to none. */
  readonly render: (path: string) => string | null;
  /** How far the sweeps are, in words: see {@link LiveState}. */
  readonly progress: LiveState['progress'];
}

/** What a server knows beyond the database. */
export interface ServedMoment {
  /** Name of the database, as pages show it. */
  readonly database: string;
  readonly run: RunState;
  /** Names what the pages show; a page asks for news when the server has another. */
  readonly revision: string;
  /** Now, on the wall and on the machine's monotonic clock. */
  readonly now: Date;
  readonly nowMs: number;
}

/**
 * The report of some sweeps of a database, for a server.
 *
 * @param all every sweep of the database in a fixed order, so that folders keep their names
 *   whatever is chosen
 * @param sweeps names of those to show
 */
export function servedReport(
  query: Query,
  all: readonly string[],
  sweeps: readonly string[],
  { database, run, revision, now, nowMs }: ServedMoment,
): ServedReport {
  const site = openSite(withRelativePaths(query, sweeps), all, sweeps, {
    database,
    generatedAt: now,
    mode: 'server',
    live: { run, revision, nowMs },
  });
  return { render: site.render, progress: progressOf(query, all, sweeps) };
}

/**
 * The text of a file that all pages of a server share; null for a path that is none. Needs no
 * database.
 */
export function sharedFile(path: string): string | null {
  return assetText(path, 'server');
}

/** `17 of 43 trials` by folder of the sweep; of the whole report under an empty name. */
function progressOf(query: Query, all: readonly string[], sweeps: readonly string[]): LiveState['progress'] {
  const folders = folderNames(all);
  const shown = new Set(sweeps);
  const counts = toRows(query('SELECT sweep, done + stopped AS done, trials FROM v_sweep', []))
    .filter((row) => shown.has(textOf(row, 'sweep')))
    .map((row) => ({
      folder: folders.get(textOf(row, 'sweep')) ?? '',
      done: numberOrNull(row, 'done') ?? 0,
      trials: numberOrNull(row, 'trials') ?? 0,
    }));
  const text = (done: number, trials: number): string => `${done} of ${countText(trials, 'trial')}`;
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const whole = text(sum(counts.map(({ done }) => done)), sum(counts.map(({ trials }) => trials)));
  return Object.fromEntries([
    ['', `${countText(sweeps.length, 'sweep')}, ${whole}`],
    ...counts.map(({ folder, done, trials }) => [folder, text(done, trials)] as const),
  ]);
}
