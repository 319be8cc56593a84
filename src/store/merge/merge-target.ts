import { existsSync, realpathSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

import { openExclusive, type ExclusiveDatabase } from '../file/open-exclusive.js';
import { StoreError } from '../store-error.js';
import { writeComparisons } from '../write/write-comparisons.js';
import { mergeAttempts } from './merge-attempts.js';
import { MergeConflictError, type MergeConflict } from './merge-conflict.js';
import { isNew, nothingMerged, type MergeCounts } from './merge-counts.js';
import { mergeEnvironments, mergeModels } from './merge-models.js';
import { MergeSource } from './merge-source.js';
import { mergeNotes } from './merge-notes.js';
import { mergeStages } from './merge-stages.js';
import { mergeReferences, mergeSweeps } from './merge-sweeps.js';
import { mergeTrials } from './merge-trials.js';
import { RowIds } from './row-ids.js';
import { requireOneClass, sweepClasses } from './sweep-classes.js';
import { TableShapes } from './table-shape.js';

/** How databases are put into one. */
export interface MergeRules {
  /** Take results of several numerics classes into one sweep. */
  readonly mixClasses: boolean;
  /** Told of each database before it is read. */
  readonly onSource: (path: string) => void;
}

/** Where a sweep of the merged database stands. */
export interface MergedSweep {
  readonly name: string;
  readonly trials: number;
  /** Those that are complete or were stopped early. */
  readonly finished: number;
  readonly failed: number;
}

/** What came of a merge. */
export interface Merged {
  /** By database, in the order in which they were merged. */
  readonly sources: readonly { readonly database: string; readonly claimed: boolean; readonly counts: MergeCounts }[];
  /** All sweeps of the target, the one that ran last first. */
  readonly sweeps: readonly MergedSweep[];
}

/**
 * Opens the database that others are merged into; makes it where there is none.
 *
 * @throws StoreError see `openExclusive`
 */
export function openMergeTarget(path: string): MergeTarget {
  const isNewFile = !existsSync(path);
  try {
    return new MergeTarget(path, openExclusive(path), isNewFile);
  } catch (cause) {
    // A full disk may keep its tables from being made: what is there of it is of no use.
    if (isNewFile && cause instanceof StoreError && cause.code === 'disk-full') removeMade(path);
    throw cause;
  }
}

/** Removes a database and what lies beside it. */
function removeMade(path: string): void {
  const file = existsSync(path) ? realpathSync(path) : resolve(path);
  for (const made of [file, `${file}-wal`, `${file}-shm`, `${resolve(path)}.lock`]) rmSync(made, { force: true });
}

/** A database that others are merged into. */
export class MergeTarget {
  readonly #given: string;
  readonly #database: ExclusiveDatabase;
  readonly #isNewFile: boolean;

  constructor(given: string, database: ExclusiveDatabase, isNewFile: boolean) {
    this.#given = given;
    this.#database = database;
    this.#isNewFile = isNewFile;
  }

  /**
   * Takes all that the other databases have and this one lacks, in one transaction: a process that
   * is killed leaves this one as it was. What several have must be equal.
   *
   * @throws MergeConflictError, MixedClassesError; nothing is then changed
   */
  merge(sources: readonly string[], rules: MergeRules): Merged {
    const { connection } = this.#database;
    return connection.transaction(() => {
      const origins = new Map<string, string>();
      const conflicts: MergeConflict[] = [];
      const classes = new Map([[this.#given, sweepClasses(connection)]]);
      const merged = sources.map((path) => {
        rules.onSource(path);
        const source = new MergeSource(path);
        try {
          classes.set(path, sweepClasses(source));
          const counts = this.#mergeOne(source, { origins, conflicts, mixClasses: rules.mixClasses });
          return { database: path, claimed: source.isClaimed(), counts };
        } finally {
          source.close();
        }
      });
      if (conflicts.length > 0) throw new MergeConflictError(this.#given, conflicts);
      if (!rules.mixClasses) requireOneClass(this.#given, classes);
      const sweeps = this.#sweeps();
      if (merged.some(({ counts }) => isNew(counts))) {
        // They are made of what several databases had: a best trial, a counterpart.
        for (const { name } of sweeps) writeComparisons(connection, name);
        // They are of this file's last run, which may no longer be the last of its sweeps.
        connection.run('DELETE FROM worker_log');
      }
      return { sources: merged, sweeps };
    });
  }

  #mergeOne(
    source: MergeSource,
    shared: {
      readonly origins: Map<string, string>;
      readonly conflicts: MergeConflict[];
      readonly mixClasses: boolean;
    },
  ): MergeCounts {
    const target = this.#database.connection;
    const counts = nothingMerged();
    const merging = {
      ...shared,
      ...{ source, target, counts, from: source.path, into: this.#given, ids: new RowIds() },
      ...{ sourceShapes: new TableShapes(source), targetShapes: new TableShapes(target) },
    };
    mergeEnvironments(merging);
    mergeModels(merging);
    mergeStages(merging);
    mergeTrials(merging);
    mergeReferences(merging);
    mergeAttempts(merging);
    mergeSweeps(merging);
    mergeNotes(merging);
    return counts;
  }

  #sweeps(): readonly MergedSweep[] {
    return this.#database.connection.all(
      'SELECT sweep AS name, trials, done + stopped AS finished, failed FROM v_sweep ORDER BY last_run DESC',
    ) as readonly MergedSweep[];
  }

  /**
   * Makes the file whole and lets go of it.
   *
   * @returns what a person should know of the file as it is left; null where there is nothing
   */
  close(): string | null {
    try {
      return this.#database.guard.close();
    } finally {
      this.#database.lock.release();
    }
  }

  /** As {@link close}, after a merge that failed: a file that was made for it goes again. */
  abandon(): void {
    try {
      // On a full disk it can't be made whole. What was there before is in the file or its log.
      this.#database.guard.close();
    } finally {
      if (this.#isNewFile) removeMade(this.#given);
      this.#database.lock.release();
    }
  }
}
