import Database from 'better-sqlite3';

import { StoreError } from '../store-error.js';

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A {@link StoreError} that says what to do for what SQLite or the file system threw while working
 * on `path`. A {@link StoreError} passes unchanged, and so does what is neither (a defect of the
 * program).
 */
export function explainFailure(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  if (error instanceof Database.SqliteError) return explainSqlite(error, path);
  if (isNoEngine(error)) return noEngine(error);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return explainFileSystem(error, error.code, path);
  }
  return error;
}

function explainSqlite(error: InstanceType<typeof Database.SqliteError>, path: string): unknown {
  const cause = { cause: error };
  // Extended codes such as SQLITE_IOERR_WRITE begin with their primary code.
  // The index of the log could not grow: what SQLite reports as an I/O error is a full disk.
  const primary = error.code === 'SQLITE_IOERR_SHMSIZE' ? 'SQLITE_FULL' : error.code.split('_').slice(0, 2).join('_');
  switch (primary) {
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return new StoreError(
        'not-a-database',
        `Expected an SQLite database at ${path}, got a file that SQLite can't read (${error.message}). ` +
          'Give another path, or move that file away; a copy made before a migration lies beside it as *.bak.',
        cause,
      );
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
    case 'SQLITE_AUTH':
      return new StoreError(
        'no-permission',
        `No permission to write ${path} (${error.message}). Check its owner and mode.`,
        cause,
      );
    case 'SQLITE_CANTOPEN':
      return new StoreError(
        'no-permission',
        `Can't open ${path} (${error.message}). Check that its folder exists and may be written: SQLite keeps -wal and -shm files beside it.`,
        cause,
      );
    case 'SQLITE_FULL':
      return new StoreError(
        'disk-full',
        `No space left to write ${path}; what was committed before is safe. Free some space and run the same command again.`,
        cause,
      );
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new StoreError(
        'busy',
        `Another program holds ${path} (${error.message}), or its file system has no file locks. Close that program, or wait until it is done.`,
        cause,
      );
    case 'SQLITE_IOERR':
      return new StoreError(
        'io',
        `Reading or writing ${path} failed (${error.code}: ${error.message}). Check the disk.`,
        cause,
      );
    default:
      return error;
  }
}

/**
 * SQLite is a program of its own inside the package better-sqlite3, loaded when the first database
 * is opened: by the system's loader, or, where the package has no file for this system, not at all.
 */
function isNoEngine(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && (error.code === 'ERR_DLOPEN_FAILED' || hasNoFile(error));
}

function hasNoFile(error: Error): boolean {
  return 'code' in error && error.code === 'MODULE_NOT_FOUND';
}

function noEngine(error: Error): StoreError {
  // Node's message goes on with the modules that asked for the file.
  const reason = hasNoFile(error) ? 'its file is not there' : error.message.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return new StoreError(
    'no-engine',
    `SQLite (the compiled part of the package better-sqlite3) is missing, or was made for another system than this ` +
      `(Node ${process.version}, ${process.platform} ${process.arch}): ${reason}. Install quantsweep again with this Node (in a checkout: npm ci).`,
    { cause: error },
  );
}

function explainFileSystem(error: Error, code: string, path: string): unknown {
  const cause = { cause: error };
  switch (code) {
    case 'ENOENT':
      return new StoreError('missing', `Expected a database at ${path}, found none.`, cause);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreError(
        'no-permission',
        `No permission for ${path} (${error.message}). Check its owner and mode, or give another path.`,
        cause,
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return new StoreError(
        'bad-path',
        `A parent of ${path} is a file, not a folder (${error.message}). Give another path.`,
        cause,
      );
    case 'ENOSPC':
      return new StoreError(
        'disk-full',
        `No space left to write ${path}. Free some space and run the same command again.`,
        cause,
      );
    default:
      return error;
  }
}
