import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../errors/usage-error.js';
import { Patience } from '../schedule/patience.js';
import { isNew, type MergeCounts } from '../store/merge/merge-counts.js';
import { MergeSource } from '../store/merge/merge-source.js';
import { openMergeTarget, type Merged, type MergedSweep, type MergeTarget } from '../store/merge/merge-target.js';
import { readRunState } from '../store/read/read-run-state.js';
import { StoreError } from '../store/store-error.js';
import { isSameFile } from '../store/file/is-same-file.js';
import { openUnlocked } from './open-unlocked.js';

export interface MergeOptions {
  /**
   * Take results of several numerics classes into one sweep: its trials are then not comparable bit
   * for bit. Default: false, and that is an error.
   */
  readonly mixClasses?: boolean;
  /**
   * Wait while another process runs a sweep on the target. Default: true; false: that is an error.
   */
  readonly wait?: boolean;
  /** Told what happens. */
  readonly onEvent?: (event: MergeEvent) => void;
}

export type MergeEvent =
  /** Another process or program has the target. */
  | { readonly kind: 'waiting'; readonly message: string }
  /** A database is read next. */
  | { readonly kind: 'reading'; readonly database: string };

/** What one database brought along that the target did not have. */
export interface MergedSource extends Readonly<MergeCounts> {
  readonly database: string;
  /** A sweep runs on it: what it finishes from now on is not in the target. */
  readonly running: boolean;
}

export interface MergeOutcome {
  /** SQLite file, absolute. */
  readonly database: string;
  /** False where the target had all of it. */
  readonly changed: boolean;
  readonly sources: readonly MergedSource[];
  /** All sweeps of the target, the one that ran last first. */
  readonly sweeps: readonly MergedSweep[];
  /** What was found about the database file when it was closed, for people; null: nothing. */
  readonly note: string | null;
}

/** Minutes for another program that holds the target, as `run.lockWaitMinutes` has them. */
const LOCK_WAIT_MINUTES = 60;

/**
 * Puts the results of several databases into one: shards of a sweep, or sweeps of several machines.
 * Each result is taken once; what several have must be equal bit for bit. All is taken or nothing,
 * also where the process is killed, and merging again changes nothing. Sources are read only; a
 * sweep may be running on them.
 *
 * @param target SQLite file; made where there is none
 * @throws MergeConflictError where the databases have different results of the same work;
 *   MixedClassesError; StoreError for a database; UsageError
 */
export async function mergeDatabases(
  sources: readonly string[],
  target: string,
  options: MergeOptions = {},
): Promise<MergeOutcome> {
  const { mixClasses = false, wait = true, onEvent = () => undefined } = options;
  const distinct = distinctSources(sources, target);
  // Before the target is touched.
  for (const path of distinct) new MergeSource(path).close();
  const never = new AbortController().signal;
  const say = (message: string): void => {
    onEvent({ kind: 'waiting', message });
  };
  const limits = { wait, lockWaitMinutes: LOCK_WAIT_MINUTES };
  const opened = (await openUnlocked(target, limits, never, say, openMergeTarget))!;
  const rules = {
    mixClasses,
    onSource: (database: string): void => {
      onEvent({ kind: 'reading', database });
    },
  };
  let merged: Merged;
  try {
    const patience = new Patience({
      ...{ minutes: wait ? LOCK_WAIT_MINUTES : 0, signal: never },
      onEvent: (event) => {
        if (event.kind === 'waiting') say(event.message);
      },
    });
    merged = await patience.write(() => opened.merge(distinct, rules));
  } catch (cause) {
    abandon(opened);
    throw cause;
  }
  return {
    database: resolve(target),
    changed: merged.sources.some(({ counts }) => isNew(counts)),
    sources: merged.sources.map(({ database, claimed, counts }) => ({
      ...{ database, ...counts },
      // Who was cut off left its claim behind.
      running: claimed && readRunState(realpathSync(database)).kind === 'running',
    })),
    sweeps: merged.sweeps,
    note: opened.close(),
  };
}

/** Each file once, whatever names lead to it. @throws UsageError */
function distinctSources(sources: readonly string[], target: string): readonly string[] {
  if (sources.length === 0) throw new UsageError('Expected one or more databases to merge, got none.');
  if (target === '') throw new UsageError('Expected a database to merge into, got an empty name.');
  const distinct: string[] = [];
  for (const path of sources) {
    if (isSameFile(path, target)) {
      throw new UsageError(
        `Expected databases to merge into ${target}, got ${path}, which is that file. Leave it out: what is in the target stays there.`,
      );
    }
    if (!distinct.some((other) => isSameFile(other, path))) distinct.push(path);
  }
  return distinct;
}

/** After another failure, which is the one to tell. */
function abandon(target: MergeTarget): void {
  try {
    target.abandon();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
  }
}
