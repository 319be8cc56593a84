import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from '../errors/usage-error.js';
import { didYouMean } from '../text/nearest-name.js';
import type { BrokerAddress } from './broker-address.js';
import { withDirectory } from './broker-client.js';
import { removeQueue } from './remove-queue.js';

/** Milliseconds for which a coordinator may take to end its sweep. */
const PATIENCE_MS = 30_000;

/** How a sweep was called off. */
export interface Cancelled {
  readonly name: string;
  /**
   * - `stopped`: its coordinator ended it
   * - `removed`: it had none any more; what lay on the broker was removed
   * - `asked`: its coordinator was told and has not ended yet
   */
  readonly how: 'stopped' | 'removed' | 'asked';
}

/**
 * Calls a sweep off: agents end its jobs at once, its coordinator stops as by Ctrl-C. What is
 * finished is kept.
 *
 * @param which its name, or its id where several have the name
 * @throws UsageError where there is no such sweep, or more than one; BrokerError
 */
export function cancelSweep(address: BrokerAddress, which: string): Promise<Cancelled> {
  return withDirectory(address, async (directory, redis) => {
    const sweeps = await directory.sweeps();
    const found = sweeps.filter(({ id, name }) => id === which || name === which);
    if (found.length === 0) {
      const names = sweeps.map(({ name }) => name);
      throw new UsageError(
        `There is no sweep "${which}" at ${address.text}${didYouMean(which, names) || (names.length === 0 ? '. There is none at all.' : `. There are: ${names.join(', ')}.`)}`,
      );
    }
    if (found.length > 1) {
      throw new UsageError(
        `There are ${found.length} sweeps "${which}" at ${address.text}. Name one by its id: ${found.map(({ id, host }) => `${id} (from ${host})`).join(', ')}`,
      );
    }
    const [sweep] = found as [(typeof found)[0]];
    const { id, name } = sweep;
    const hadCoordinator = await directory.hasCoordinator(id);
    await directory.cancel({ sweep: id, jobs: 'all' });
    for (const start = performance.now(); hadCoordinator && performance.now() - start < PATIENCE_MS;) {
      if ((await directory.sweep(id)) === null) return { name, how: 'stopped' };
      if (!(await directory.hasCoordinator(id))) break;
      await pause(100);
    }
    if (await directory.hasCoordinator(id)) return { name, how: 'asked' };
    await directory.removeSweep(sweep);
    await removeQueue(redis, sweep);
    return { name, how: 'removed' };
  });
}
