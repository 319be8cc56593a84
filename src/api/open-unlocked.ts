import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '../store/store-error.js';

const LOOK_EVERY_MS = 500;

export interface WaitOptions {
  /** For another run on the database: as long as it takes. */
  readonly wait: boolean;
  /** For another program that holds the database (`run.lockWaitMinutes`). */
  readonly lockWaitMinutes: number;
}

/**
 * Opens a database for writing, and waits where another process runs a sweep on it: what that one
 * finishes needs not be run again.
 *
 * @param onWait told why it waits, once for each reason
 * @param open what opens it; throws StoreError `locked` or `busy` where another process has it
 * @returns null when the signal is aborted meanwhile
 * @throws StoreError, `locked` where it is not to wait, `busy` where another program holds the
 *   database for too long
 */
export async function openUnlocked<Opened>(
  path: string,
  { wait, lockWaitMinutes }: WaitOptions,
  signal: AbortSignal,
  onWait: (message: string) => void,
  open: (path: string) => Opened,
): Promise<Opened | null> {
  let told = '';
  const start = performance.now();
  while (!signal.aborted) {
    try {
      return open(path);
    } catch (cause) {
      if (!(cause instanceof StoreError) || !isPassing(cause, wait, performance.now() - start, lockWaitMinutes)) {
        throw cause;
      }
      if (told !== cause.code) onWait(cause.message);
      told = cause.code;
    }
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

function isPassing({ code }: StoreError, wait: boolean, waitedMs: number, lockWaitMinutes: number): boolean {
  if (code === 'locked') return wait;
  return code === 'busy' && wait && waitedMs < lockWaitMinutes * 60_000;
}
