import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { sceneFiles } from '../experiments/demo/scene-files.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
export const demoModel = fileURLToPath(new URL('../../experiments/demo/bev-demo.onnx', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program is started in. */
export interface Surroundings {
  /** Run by the shell that becomes the program, e.g. `ulimit -f 100`. */
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A program that becomes the program, with its arguments. */
  readonly launcher?: readonly string[];
}

/** The real program in a process of its own, compiled, as a user starts it. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], cwd: string, { shell, env = {}, launcher = [] }: Surroundings = {}) {
    const program = [...launcher, process.execPath, main, ...args];
    const [command, ...rest] =
      shell === undefined ? program : ['bash', '-c', `${shell}; exec "$@"`, 'bash', ...program];
    this.child = spawn(command!, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString('utf8')));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString('utf8')));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => {
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Resolves as soon as the text was printed, or the program ended. */
  async printed(text: string): Promise<void> {
    while (!this.stdout.includes(text) && this.child.exitCode === null && this.child.signalCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

export function quantsweep(cwd: string, ...args: string[]): Promise<Ended> {
  return new Running(args, cwd).ended;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A sweep of eight trials on the embedded detector, small enough to take a few seconds. */
export const smallExperiment = `version: 1
name: small
question: Does it run?
model:
  path: ${JSON.stringify(demoModel)}
data:
  calibration: { ${sceneFiles(2, 16)}, batchSize: 2, batches: 4 }
  evaluation: { ${sceneFiles(3, 12)}, batchSize: 4 }
task: { kind: centerDetection, bootstrap: 50 }
loss: { samples: 4, modes: [accumulated, isolated] }
gate: { samples: 2 }
search: { candidates: [0.25, 0.5, 0.75], samples: 4 }
grid:
  - smoothing.mode: static
    smoothing.alpha: [0.4, 0.6]
    data.calibration.batches: [2, 8]
  - smoothing.mode: dynamic
    data.calibration.batches: [8]
run: { provider: cpu, slots: 2, threads: 1 }
`;

/** Trials of `smallExperiment`: fp32, two unsmoothed, four static, one dynamic. */
export const smallTrials = 8;

export function writeExperiment(folder: string, text: string = smallExperiment): string {
  const path = join(folder, 'small.yaml');
  writeFileSync(path, text);
  return path;
}

/**
 * Every stored number of a database that a result consists of, in an order of its own: equal for
 * equal results.
 */
export function storedResults(database: string): readonly unknown[] {
  const by = 'SELECT t.key AS trial';
  const queries = [
    `${by}, role, status, alpha_mode, alpha, primary_metric, gate_error, provider FROM trial t ORDER BY key`,
    `${by}, a.metric, a.slice, value, ci_low, ci_high FROM accuracy a JOIN trial t ON t.id = a.trial_id ORDER BY 1, 2, 3`,
    `${by}, l.name, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs FROM layer_loss x JOIN trial t ON t.id = trial_id JOIN layer l ON l.id = layer_id ORDER BY 1, 2, mode`,
    `${by}, l.name, q.role, amax, scale, amax_channels FROM quantizer q JOIN trial t ON t.id = q.trial_id JOIN layer l ON l.id = layer_id ORDER BY 1, 2, 3`,
    `${by}, l.name, s.alpha, s FROM smoothing s JOIN trial t ON t.id = trial_id JOIN layer l ON l.id = layer_id ORDER BY 1, 2`,
    `${by}, metric, hex(data) FROM sample_outcome o JOIN trial t ON t.id = trial_id ORDER BY 1, 2`,
    `SELECT batches, l.name, channel, act_min, act_max, act_absmax FROM channel_stat c JOIN observation o ON o.id = observation_id JOIN layer l ON l.id = layer_id ORDER BY 1, 2, 3`,
    `SELECT s.key, l.name, sweep, alpha, loss, chosen FROM search_curve c JOIN stage s ON s.id = stage_id JOIN layer l ON l.id = layer_id ORDER BY 1, 2, 3, 4`,
  ];
  return queries.map((sql) => queryDatabase(database, sql).rows);
}
