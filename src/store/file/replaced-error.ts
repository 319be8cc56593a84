import type { FileState } from './database-file.js';
import { StoreError } from '../store-error.js';

/** What a run had stored when its database went. */
export interface StoredSoFar {
  /** True where all that was committed is in the file, wherever that is now. */
  readonly saved: boolean;
  /** Labels of the trials that this run has stored. */
  readonly trials: readonly string[];
  /** Those of them that were in the write-ahead log alone. */
  readonly inLog: readonly string[];
}

const again = 'run the same command again to go on';

/** Says what happened to the database under a run, what is lost, and what to do. */
export function replacedError(path: string, state: FileState, { saved, trials, inLog }: StoredSoFar): StoreError {
  const lost = saved ? 'All that was stored is in it; only the work that was running is lost.' : lostText(inLog);
  switch (state.kind) {
    case 'removed':
      if (state.isReplaced) {
        return error(
          `Another file was put in the place of the database ${path} while the sweep ran, so nothing more can be stored. Of this run, what that file lacks is lost. ${lostText(trials)} Check the file (quantsweep status --db ${path}), and ${again}.`,
        );
      }
      return error(
        `The database ${path} was removed while the sweep ran, so nothing more can be stored. ${lostText(trials)} What earlier runs had stored in it is gone with the file. Put a copy back if there is one, and run the same command again: it runs what is missing.`,
      );
    case 'moved':
      return error(
        `The database ${path} was moved or replaced while the sweep ran, so nothing more can be stored under that name. ${
          state.to === null ? 'It still exists under another name.' : `It is now ${state.to}.`
        } ${lost} Move it back (its -wal file with it, where there is one), and ${again}.`,
      );
    case 'overwritten':
      return error(
        `The contents of ${path} were overwritten while the sweep ran, so nothing more can be stored. Of this run, what the new contents lack is lost. ${lostText(trials)} Check the file (quantsweep status --db ${path}), and ${again}.`,
      );
    case 'side':
      return error(
        `${state.path}, which belongs to the database ${path}, was removed or replaced while the sweep ran, so nothing more can be stored. ${lost} Leave the -wal and -shm files alone while a run is at work, and ${again}.`,
      );
    case 'whole':
      return error(`${path} is whole.`);
  }
}

function error(message: string): StoreError {
  return new StoreError('replaced', message);
}

function lostText(trials: readonly string[]): string {
  if (trials.length === 0) return 'No trial that this run had finished is lost, only the work that was running.';
  const named = trials.slice(0, 5).join('; ');
  const rest = trials.length > 5 ? ` and ${trials.length - 5} more` : '';
  return `Lost with the work that was running: ${trials.length} finished ${trials.length === 1 ? 'trial' : 'trials'} of this run (${named}${rest}).`;
}
