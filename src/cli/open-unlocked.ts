import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../store/sqlite-store.js';
import { StoreError } from '../store/store-error.js';
import type { SweepStore } from '../store/store.js';

const LOOK_EVERY_MS = 500;

/**
 * Opens the store, and waits where another process runs a sweep on it: what that one finishes needs not be run again.
 *
 * @returns null when the signal is aborted meanwhile
 * @throws StoreError, `locked` where it is not to wait
 */
export async function openUnlocked(path: string, wait: boolean, signal: AbortSignal): Promise<SweepStore | null> {
  let told = false;
  while (!signal.aborted) {
    try {
      return openStore(path);
    } catch (cause) {
      if (!wait || !(cause instanceof StoreError) || cause.code !== 'locked') throw cause;
      if (!told) process.stdout.write(`Waiting: ${cause.message}\n`);
      told = true;
    }
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}
