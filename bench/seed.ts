import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { localEngine } from '../src/engine/local/local-engine.js';
import { localExecutor } from '../src/engine/local/local-executor.js';
import type { ObservationRecord } from '../src/records/observation-record.js';
import type { SearchStage } from '../src/plan/plan.js';
import type { Job } from '../src/engine/jobs/jobs.js';
import { runJob } from '../src/engine/jobs/run-job.js';
import { prepareSweep, type PreparedSweep } from '../src/prepare/prepare-sweep.js';
import { loadExperiment } from '../src/api/load-experiment.js';
import { searchParts } from '../src/schedule/stage-parts.js';
import { jobModel } from '../src/prepare/job-model.js';
import { BarePasses } from './bare-passes.js';
import { childArguments, report, reportOf } from './measure/child-report.js';
import { sayEnvironment } from './measure/environment.js';
import { interleavedRounds, type Measured } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { SEED_BATCH, writeSeedData, writeSeedModel } from './seed-graph.js';

const ROUNDS = bySize({ quick: 1, part: 1, full: 3 });
const BATCHES = bySize({ quick: 1, part: 2, full: 4 });
const SAMPLES = BATCHES * SEED_BATCH;
const BASE = 'fp32';
const open = localExecutor(new URL('../dist/engine/local/worker-main.js', import.meta.url));
const session = { provider: 'cpu', deviceId: 0, threads: availableParallelism(), optimizationLevel: 'all' } as const;

/** What one process did. */
interface Step {
  /** Milliseconds a batch, by what was done with it. */
  readonly msPerBatch: Readonly<Record<string, number>>;
  readonly peakMb: number;
}

const steps = ['observe', 'search', 'trial'] as const;
type StepName = (typeof steps)[number];

function experiment(folder: string): string {
  const data = `format: npy, path: ${join(folder, 'samples.npy')}`;
  return `version: 1
name: seed
model: { path: ${join(folder, 'seed.onnx')} }
data:
  calibration: { ${data}, batchSize: ${SEED_BATCH}, batches: ${BATCHES} }
  evaluation: { ${data}, groundTruth: ${join(folder, 'truth.json')}, batchSize: ${SEED_BATCH} }
task: { kind: centerDetection, bootstrap: 1 }
loss: { samples: ${SEED_BATCH} }
gate: { samples: ${SEED_BATCH} }
search: { candidates: [0.3, 0.4, 0.5, 0.6, 0.7], samples: ${SEED_BATCH} }
baselines: []
grid:
  - smoothing.alpha: [0.5]
  - smoothing.mode: [dynamic]
run: { provider: cpu, database: ${join(folder, 'seed.db')} }
`;
}

const observationFile = (folder: string): string => join(folder, 'observation');

/** The job that a sweep would give a child. The first one leaves its observation for the others. */
function jobOf(step: StepName, { plan, inputs }: PreparedSweep, folder: string): Job {
  const settings = plan.trials.find((trial) => trial.settings.smoothing.mode === 'static')!.settings;
  const model = jobModel(settings.model, inputs);
  if (step === 'observe') {
    const { source, sampleSeed, batchSize, batches } = settings.calibration!;
    return {
      kind: 'observe',
      ...{ model, preprocess: settings.preprocess, source, sampleSeed, batchSize, firstBatch: 0, endBatch: batches },
      ...{ snapshots: [batches], methods: ['channel'], histograms: null, displaySamples: 0 },
    };
  }
  const observation = deserialize(readFileSync(observationFile(folder))) as ObservationRecord;
  if (step === 'search') {
    const stage = plan.stages.find((s): s is SearchStage => s.kind === 'search')!;
    return searchParts(stage, model, observation, inputs.models.get(model.path)!.sizeBytes)[0]!.job;
  }
  return {
    kind: 'trial',
    model,
    settings,
    observation,
    moments: null,
    alphas: null,
    keptFloat: [],
    referenceArgmax: null,
    stop: null,
  };
}

async function runStep(step: StepName, folder: string): Promise<Step> {
  const sweep = await prepareSweep(loadExperiment(join(folder, 'seed.yaml')), {
    engine: localEngine(open),
    code: { use: 'run', allowed: false },
  });
  await sweep.executor.close();
  const { value, execution } = await runJob(jobOf(step, sweep, folder), session, () => undefined);
  if (step === 'observe')
    writeFileSync(observationFile(folder), serialize((value as readonly ObservationRecord[]).at(-1)!));
  const { run, evaluate, loss, gate } = execution.timings;
  const msPerBatch = {
    observe: { observe: run! / BATCHES },
    search: { 'search of 5 candidates': run! },
    // The gate runs two graphs: the smoothed one and FP32.
    trial: { 'trial: evaluation': evaluate! / BATCHES, 'trial: losses': loss!, 'trial: gate': gate! },
  }[step];
  return { msPerBatch, peakMb: process.resourceUsage().maxRSS / 1024 };
}

async function bareStep(folder: string): Promise<Step> {
  const source = { format: 'npy', path: join(folder, 'samples.npy'), labels: null, groundTruth: null } as const;
  const preprocess = { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null } as const;
  const passes = await BarePasses.start({
    source,
    preprocess,
    samples: SAMPLES,
    batchSize: SEED_BATCH,
    input: 'input',
  });
  const { ms, peakMb } = await passes.run({ graph: join(folder, 'seed.onnx'), threads: session.threads });
  passes.close();
  return { msPerBatch: { [BASE]: ms / BATCHES }, peakMb };
}

/** Milliseconds a batch by what was done with it, whichever process did it. */
function costsOf(measured: Measured<Step>): Measured<number> {
  const costs = new Map<string, number[]>();
  for (const { msPerBatch } of [...measured.values()].flat()) {
    for (const [name, ms] of Object.entries(msPerBatch)) costs.set(name, [...(costs.get(name) ?? []), ms]);
  }
  return costs;
}

const given = childArguments();
if (given === null) await measureAll();
else report(await runStep(given[0] as StepName, given[1]!));

async function measureAll(): Promise<void> {
  const environment = sayEnvironment(
    `A head of the seed's size, inputs of [${SEED_BATCH}, 256, 182, 182]: a batch of ${SEED_BATCH}, over a bare FP32 run of it; each in a process of its own with all cores`,
  );
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-seed-'));
  writeSeedModel(join(folder, 'seed.onnx'));
  await writeSeedData(join(folder, 'samples.npy'), join(folder, 'truth.json'), SAMPLES);
  writeFileSync(join(folder, 'seed.yaml'), experiment(folder));
  const measured = await interleavedRounds(
    new Map<string, () => Promise<Step>>([
      [BASE, () => bareStep(folder)],
      ...steps.map((step) => [step, () => reportOf<Step>(import.meta.url, step, folder)] as const),
    ]),
    ROUNDS,
    0,
  );
  rmSync(folder, { recursive: true });
  const rows = ratiosOver(BASE, costsOf(measured));
  printRatios(rows, BASE);
  const peaks = [...measured].map(([step, own]) => ({ step, peakMb: Math.max(...own.map(({ peakMb }) => peakMb)) }));
  console.log(
    `  peak memory of the process: ${peaks.map(({ step, peakMb }) => `${step} ${peakMb.toFixed(0)} MB`).join(', ')}; ` +
      `${((SAMPLES * 256 * 182 * 182 * 4) / 1e6).toFixed(0)} MB of samples lie in that of ${BASE}`,
  );
  writeResult('seed', { environment, rounds: ROUNDS, batches: BATCHES, rows, peaks });
}
