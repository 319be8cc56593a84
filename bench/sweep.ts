import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localEngine } from '../src/engine/local/local-engine.js';
import { localExecutor } from '../src/engine/local/local-executor.js';
import type { PlannedTrial } from '../src/plan/plan.js';
import { prepareSweep } from '../src/prepare/prepare-sweep.js';
import { loadExperiment } from '../src/api/load-experiment.js';
import { reportOf } from './measure/child-report.js';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds } from './measure/interleaved-rounds.js';
import { inWords, printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { mean } from './measure/spread.js';
import type { UnsharedReport, UnsharedTrial } from './unshared-trials.js';

const ROUNDS = bySize({ quick: 1, part: 2, full: 1 });
/**
 * Share of the images of the experiment: of those that are evaluated, calibrated and searched on,
 * and of the losses.
 */
const SCALE = bySize({ quick: 0.02, part: 0.1, full: 1 });
const SHARED = 'this program';
const UNSHARED = 'nothing shared';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const experiment = path('../experiments/smoothquant-alpha.yaml');
const main = path('../dist/cli/main.js');
const open = localExecutor(new URL('../dist/engine/local/worker-main.js', import.meta.url));
const [model, calibration, evaluation] = [
  path('../../shared/models/cifar10-resnet20.onnx'),
  path('../../shared/data/cifar10/data_batch_1.bin'),
  path('../../shared/data/cifar10/test_batch.bin'),
] as const;

const scaled = (samples: number): number => Math.max(1, Math.round(samples * SCALE));
const overrides = [
  `model.path=${model}`,
  `data.calibration.path=${calibration}`,
  `data.evaluation.path=${evaluation}`,
  `data.evaluation.samples=${scaled(10_000)}`,
  `data.calibration.batches=[${scaled(200)}, ${scaled(1500)}]`,
  `loss.samples=${scaled(512)}`,
  `search.samples=${scaled(256)}`,
  'run.provider=cpu',
];

/** The whole sweep as a user runs it, start of the program included. */
async function runShared(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-sweep-'));
  const settings = [...overrides, `run.database=${join(folder, 'sweep.db')}`].flatMap((set) => ['--set', set]);
  try {
    return await clocked(async () => {
      const running = spawn(process.execPath, [main, 'run', experiment, ...settings], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const code = await new Promise((resolve) => running.on('close', resolve));
      if (code !== 0) throw new Error(`Expected the sweep to end with 0, got ${String(code)}.`);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What each trial of the sweep costs when it shares nothing, from the few that were measured. */
function extrapolate(trials: readonly PlannedTrial[], { reference, trials: measured }: UnsharedReport): number {
  const average = (of: (trial: UnsharedTrial) => number): number => mean(measured.map(of));
  const search = Math.max(...measured.map((trial) => trial.search));
  const evaluate = average((trial) => trial.evaluate);
  return trials
    .map(({ settings: { role, smoothing, calibration: size } }) => {
      if (role === 'fp32') return reference;
      const own = measured.filter((trial) => trial.batches === size!.batches);
      const observe = mean(own.map((trial) => trial.observe));
      // Unsmoothed, the first pass already saw what the quantizers see.
      if (smoothing.mode === 'none') return observe + evaluate;
      const calibrate = mean(own.map((trial) => trial.calibrate));
      return observe + (smoothing.mode === 'dynamic' ? search : 0) + calibrate + evaluate;
    })
    .reduce((sum, ms) => sum + ms, 0);
}

const missing = [model, calibration, evaluation].filter((file) => !existsSync(file));
if (missing.length > 0) console.log(`Skipped: ${missing.join(', ')} is not here.`);
else await measure();

async function measure(): Promise<void> {
  const { plan, executor } = await prepareSweep(loadExperiment(experiment, { set: overrides }), {
    engine: localEngine(open),
    code: { use: 'run', allowed: false },
  });
  await executor.close();
  const environment = sayEnvironment(
    `The ${plan.trials.length} trials of smoothquant-alpha.yaml on resnet20, ${scaled(10_000)} images, ${scaled(200)} and ${scaled(1500)} calibration batches: this program, over every trial for itself in one process with all cores`,
  );
  const reports: UnsharedReport[] = [];
  const costs = await interleavedRounds(
    new Map([
      [SHARED, runShared],
      [
        UNSHARED,
        async () => {
          const report = await reportOf<UnsharedReport>(
            new URL('./unshared-trials.ts', import.meta.url).href,
            ...[experiment, ...overrides],
          );
          reports.push(report);
          return extrapolate(plan.trials, report);
        },
      ],
    ]),
    ROUNDS,
    0,
  );
  const rows = ratiosOver(SHARED, costs);
  printRatios(rows, SHARED);
  for (const { reference, trials } of reports) {
    console.log(`  extrapolated from trials that were measured one after the other; fp32 pass ${inWords(reference)}`);
    for (const { mode, batches, observe, search, calibrate, evaluate } of trials)
      console.log(
        `    ${mode}, ${batches} batches: observe ${inWords(observe)}, search ${inWords(search)}, calibrate ${inWords(calibrate)}, gate, evaluation and losses ${inWords(evaluate)}`,
      );
  }
  writeResult('sweep', { environment, rounds: ROUNDS, scale: SCALE, trials: plan.trials.length, rows, reports });
}
