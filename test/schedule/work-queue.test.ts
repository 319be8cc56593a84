import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JobInterrupted, type Executor } from '../../src/engine/executor.js';
import { Patience } from '../../src/schedule/patience.js';
import { WorkQueue, type WorkItem } from '../../src/schedule/work-queue.js';
import { openStore } from '../../src/store/write/sqlite-store.js';

/** Machines that are gone by the time that their work is stopped. */
class LeavingMachines implements Executor {
  window = 1;
  #listener = (): void => undefined;

  get capacity(): number {
    return this.window;
  }

  numericsClass(): Promise<string> {
    return Promise.resolve('cpu-0123456789ab');
  }

  onCapacity(listener: () => void): void {
    this.#listener = listener;
  }

  run(_work: unknown, _on: unknown, signal?: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        setImmediate(() => {
          this.window = 0;
          this.#listener();
          reject(new JobInterrupted('The sweep was stopped.'));
        });
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

it('stops what waits where the last machine leaves meanwhile', async () => {
  const onEvent = (): void => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-queue-'));
  const store = openStore(join(folder, 'quantsweep.db'));
  const patience = new Patience({ minutes: 1, onEvent, signal: new AbortController().signal });
  const queue = new WorkQueue({ executor: new LeavingMachines(), store, patience, retries: 1, onEvent });
  const item = (key: string): WorkItem<'numerics'> => ({
    ...{ job: () => ({ kind: 'numerics' }), subject: { kind: 'trial', key }, label: key },
    ...{ priority: 0, cost: 1, batchSize: 1, batchLimit: null },
  });
  const ended = Promise.allSettled(['a', 'b', 'c'].map((key) => queue.run(item(key))));
  await new Promise((resolve) => setImmediate(resolve));
  queue.stop();
  for (const { status } of await ended) expect(status).toBe('rejected');
  store.close();
  rmSync(folder, { recursive: true, force: true });
});
