import { explainBatch } from '../batching/explain-batch.js';
import { failureOf } from '../failure-of.js';
import { startHeartbeat } from './heartbeat.js';
import { JobCaches } from '../jobs/job-caches.js';
import { PhaseClock } from '../jobs/phase-clock.js';
import type { ChildMessage, ParentMessage } from './messages.js';
import { readFields } from './read-fields.js';
import { runJob } from '../jobs/run-job.js';
import { removeParentsScratch } from '../../formats/io/scratch-folder.js';

/**
 * Entry of a child process: runs one job at a time and answers over the IPC channel. It leaves
 * Ctrl-C to the parent and ends when the parent is gone.
 */
function main(): void {
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => {
    removeParentsScratch();
    process.exit(0);
  });
  process.on('message', (message: ParentMessage) => void work(message));
  startHeartbeat();
  send({ kind: 'ready' });
}

const caches = new JobCaches();

async function work({ id, spilled, session, batchLimit, inputs }: ParentMessage): Promise<void> {
  let job = spilled.job;
  try {
    job = readFields(spilled, caches);
    const report = (done: number, total: number): void => {
      send({ kind: 'progress', id, done, total });
    };
    const result = await runJob(job, session, report, { batchLimit, inputs, caches });
    send({ kind: 'result', id, result });
  } catch (cause) {
    const context = { session, batchLimit, inputs, caches, report: () => undefined, clock: new PhaseClock() };
    send({ kind: 'failure', id, failure: await explainBatch(failureOf(cause), cause, job, context) });
  }
}

function send(message: ChildMessage): void {
  process.send?.(message);
}

main();
