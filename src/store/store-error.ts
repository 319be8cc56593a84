import { ExitCode } from '../errors/exit-code.js';
import { QuantsweepError } from '../errors/quantsweep-error.js';
/** What went wrong, for control flow; the message is for people. */
export type StoreErrorCode =
  /** No file at the path, where one is needed. */
  | 'missing'
  /**
   * The path, or a parent of it, is not what it must be (a folder in place of a file, a file in
   * place of a folder).
   */
  | 'bad-path'
  /** Reading or writing is not allowed. */
  | 'no-permission'
  /** The file is not an SQLite database, or a damaged one. */
  | 'not-a-database'
  /** An SQLite database that another program made. */
  | 'foreign-database'
  | 'newer-schema'
  /** Only where the file can't be migrated, because it was opened for reading. */
  | 'older-schema'
  /** A migration was edited after it had been applied to the database, or its file is gone. */
  | 'changed-migration'
  /** Another sweep runs on the database. */
  | 'locked'
  /** Another program holds the database, or the right to write it. */
  | 'busy'
  /**
   * The file system has no file locks, so that nobody can tell whether another program uses the
   * database.
   */
  | 'no-locks'
  /** A change of another program was not finished, and may not be undone here. */
  | 'unfinished'
  /**
   * The file, or a log beside it, is no longer the one that was opened: it was removed, moved or
   * replaced.
   */
  | 'replaced'
  /** SQLite's own program is missing, or made for another Node. */
  | 'no-engine'
  | 'disk-full'
  /** The operating system failed to read or write. */
  | 'io'
  /** A NaN or an infinity where a number must be. */
  | 'non-finite'
  /** A trial, stage or attempt that is finished already. */
  | 'finished'
  /** A trial, stage, attempt, layer or model that the database does not know. */
  | 'unknown'
  /** Databases to be merged that hold different results of the same work. */
  | 'conflict'
  /** A record that lacks something it must have. */
  | 'incomplete'
  /** SQL of the user's that can't be run. */
  | 'bad-query';

/** What the command line or the experiment can mend by naming another file or query. */
const mendable: ReadonlySet<StoreErrorCode> = new Set([
  'bad-path',
  'bad-query',
  'foreign-database',
  'missing',
  'newer-schema',
  'not-a-database',
]);

/**
 * Everything the store refuses; the message says what was expected, what came, where, and what to
 * do.
 */
export class StoreError extends QuantsweepError {
  static override readonly errorClass: string = 'StoreError';

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  override get exitCode(): QuantsweepError['exitCode'] {
    return mendable.has(this.code) ? ExitCode.usage : ExitCode.failure;
  }
}

/** A NaN or an infinity was about to be stored. SQLite would turn NaN into NULL silently. */
export class NonFiniteStoreError extends StoreError {
  static override readonly errorClass = 'NonFiniteStoreError';

  constructor(
    readonly table: string,
    readonly column: string,
    readonly layer: string | null,
    readonly value: number,
  ) {
    super(
      'non-finite',
      `Expected a finite number for ${table}.${column}${layer === null ? '' : ` of layer "${layer}"`}, got ${value}; ` +
        'nothing was stored. Such a result must fail its trial.',
    );
  }
}
