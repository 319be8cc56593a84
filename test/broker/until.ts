import { setTimeout as pause } from 'node:timers/promises';

/** Waits for what no event tells of; what never comes is ended by the test's timeout. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20);
}
