import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import Database from 'better-sqlite3';
import { lockDatabase } from '../../src/store/file/lock-database.js';
import { monotonicMs } from '../../src/store/monotonic-clock.js';
import type { Sample, SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';

/** The sweep of {@link runningSample}; its failed trials say what failed. */
export const runningSweep = 'running';

/** Of the sample's error text. */
export const failureText = 'Expected finite numbers, got NaN in the output of';

/** A synthetic sweep of which a run of this process is in the middle. */
export interface RunningSample extends SampleDatabase {
  readonly since: string;
  /** The same on the monotonic clock. */
  readonly sinceMs: number;
  /** Numbers of the trials that are being worked at. */
  readonly running: readonly number[];
  /** Another process writes that a trial has finished, as a run does. */
  readonly finishTrial: (trial: number) => void;
  /** The run ends. */
  readonly endRun: () => void;
}

/** 43 trials unless told: all done but 3 failed, 5 pending of which two are being worked at. */
export function runningSample(name = runningSweep, more: Partial<Sample> = {}): RunningSample {
  const sample = sampleDatabase({ name, failed: 3, pending: 5, ...more });
  const lock = lockDatabase(sample.path);
  const since = new Date().toISOString();
  const sinceMs = monotonicMs();
  const database = new Database(sample.path);
  const running = (
    database.prepare(`SELECT id FROM trial WHERE status = 'pending' ORDER BY id LIMIT 2`).all() as { id: number }[]
  ).map(({ id }) => id);
  // As the run does that begins the sweep: its attempts are those from here on.
  database.prepare('UPDATE sweep SET updated_at = ?, run_attempt = (SELECT max(id) + 1 FROM attempt)').run(since);
  database
    .prepare(
      `INSERT INTO writer (id, mark, pid, host, since, sweep_id) SELECT 1, 'sample', ?, 'bench-1', ?, min(id) FROM sweep`,
    )
    .run(process.pid, since);
  for (const trial of running)
    database
      .prepare(
        `INSERT INTO attempt (trial_id, number, status, started_at, started_ms, host, parent_pid, device) VALUES (?, 1, 'running', ?, ?, 'bench-1', ?, 'cpu:0')`,
      )
      .run(trial, since, sinceMs, process.pid);
  database.close();
  const module = createRequire(import.meta.url).resolve('better-sqlite3');
  let isRunning = true;
  const endRun = (): void => {
    if (isRunning) lock.release();
    isRunning = false;
  };
  return {
    ...sample,
    since,
    sinceMs,
    running,
    finishTrial: (trial) => {
      execFileSync(process.execPath, ['-e', writer, module, sample.path, String(trial)]);
    },
    endRun,
    remove: () => {
      endRun();
      sample.remove();
    },
  };
}

const writer = `
const [module, path, trial] = process.argv.slice(1);
const database = new (require(module))(path);
database.transaction(() => {
  const now = new Date().toISOString();
  database.prepare("UPDATE trial SET status = 'done', model_id = (SELECT min(id) FROM model), primary_metric = 'top1', evaluation_samples = 10000, finished_at = ?, duration_ms = 900 WHERE id = ?").run(now, trial);
  database.prepare("UPDATE attempt SET status = 'done', ended_at = ?, ended_ms = started_ms + 900, duration_ms = 900 WHERE trial_id = ? AND status = 'running'").run(now, trial);
  database.prepare("INSERT INTO accuracy (trial_id, metric, value, ci_low, ci_high, ci_method) VALUES (?, 'top1', 0.83, 0.82, 0.84, 'wilson')").run(trial);
})();
`;
