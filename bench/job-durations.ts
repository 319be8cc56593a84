import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { queryDatabase } from '../src/store/query/query-database.js';
import { cpuMsOf } from './measure/process-cpu.js';
import { program } from './running-agent.js';

const SAMPLE_MS = 250;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const [model, calibration, evaluation] = [
  path('../../shared/models/cifar10-resnet20.onnx'),
  path('../../shared/data/cifar10/data_batch_1.bin'),
  path('../../shared/data/cifar10/test_batch.bin'),
] as const;

/** How long the jobs of a sweep take. */
export interface JobDurations {
  /** Milliseconds that a core is at work for each, in the order in which they began. */
  readonly stages: readonly number[];
  readonly trials: readonly number[];
  /** CPU of the children over what the attempts took: below 1 where others were at work. */
  readonly share: number;
}

/**
 * The 43 trials of smoothquant-alpha.yaml on resnet20, run here; null where its files are missing.
 *
 * @param images of the evaluation
 */
export async function measureJobDurations(folder: string, images: number): Promise<JobDurations | null> {
  const missing = [model, calibration, evaluation].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    console.log(`Skipped scaling: ${missing.join(', ')} is not here.`);
    return null;
  }
  const database = join(folder, 'resnet20.db');
  const settings = [
    ...[`model.path=${model}`, `data.calibration.path=${calibration}`, `data.evaluation.path=${evaluation}`],
    ...[`data.evaluation.samples=${images}`, `loss.samples=${Math.ceil(0.0512 * images)}`, 'run.provider=cpu'],
    `run.database=${database}`,
  ].flatMap((set) => ['--set', set]);
  const running = spawn(
    process.execPath,
    [program, 'run', path('../experiments/smoothquant-alpha.yaml'), ...settings],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const cpu = new Map<number, number>();
  const timer = setInterval(() => {
    for (const pid of childrenOf(running.pid!)) {
      try {
        cpu.set(pid, cpuMsOf(pid));
      } catch {
        // It has ended.
      }
    }
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => running.on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`Expected the sweep to end with 0, got ${String(code)}.`);
  const { rows } = queryDatabase(
    database,
    `SELECT work, duration_ms FROM v_attempt WHERE status = 'done' ORDER BY attempt`,
  );
  const took = (work: string): number[] => rows.filter(([of]) => of === work).map(([, ms]) => Number(ms));
  const [stages, trials] = [took('stage'), took('trial')];
  const children = [...cpu.values()].reduce((sum, ms) => sum + ms, 0);
  const share = Math.min(1, children / [...stages, ...trials].reduce((sum, ms) => sum + ms, 0));
  return {
    stages: stages.map((ms) => ms * share),
    trials: trials.map((ms) => ms * share),
    share,
  };
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync(`/proc/${parent}/task`).flatMap((task) => {
    try {
      return readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}
