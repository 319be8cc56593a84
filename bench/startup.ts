import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';

const ROUNDS = bySize({ quick: 2, part: 7, full: 25 });
const BASE = 'node';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const scenes = fileURLToPath(new URL('../experiments/demo/scenes/dataset.mjs', import.meta.url));
const model = fileURLToPath(new URL('../experiments/demo/bev-demo.onnx', import.meta.url));

/** 5,000 trials: 50 alphas x 5 calibration sizes x 2 x 2 x 5 quantizers. */
const experiment = `version: 1
name: startup
model: { path: ${JSON.stringify(model)} }
data:
  calibration: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 2, scenes: 512 }, batchSize: 4 }
  evaluation: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 3, scenes: 256 } }
task: centerDetection
baselines: []
grid:
  - smoothing.alpha: { from: 0.02, to: 1, step: 0.02 }
    data.calibration.batches: [8, 16, 32, 64, 128]
    quantization.weight.bits: [8, 4]
    quantization.weight.granularity: [channel, tensor]
    quantization.activation.bits: [8, 7, 6, 5, 4]
run: { provider: cpu, database: startup.db }
`;

function ended(folder: string, args: readonly string[]): () => Promise<number> {
  return () =>
    clocked(() => {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(`Expected ${args.join(' ')} to end with 0, got ${status}: ${stderr}`);
      return stdout;
    });
}

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-startup-'));
writeFileSync(join(folder, 'startup.yaml'), experiment);
const { stdout: plan } = spawnSync(process.execPath, [main, 'plan', 'startup.yaml', '--allow-code'], {
  cwd: folder,
  encoding: 'utf8',
});
if (!/\b5,?000 trials\b/.test(plan)) throw new Error(`Expected a plan of 5000 trials, got: ${plan.slice(0, 400)}`);
const environment = sayEnvironment('The program as a process, over a process of node that does nothing');
const costs = await interleavedRounds(
  new Map([
    [BASE, ended(folder, ['-e', '0'])],
    ['quantsweep --help', ended(folder, [main, '--help'])],
    ['quantsweep plan of 5,000 trials', ended(folder, [main, 'plan', 'startup.yaml', '--allow-code'])],
  ]),
  ROUNDS,
);
rmSync(folder, { recursive: true });
const rows = ratiosOver(BASE, costs);
printRatios(rows, BASE);
writeResult('startup', { environment, rounds: ROUNDS, rows });
