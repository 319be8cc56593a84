import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel } from '../src/onnx/onnx-model.js';
import { evaluationBatch } from '../src/plan/estimate/estimate-memory.js';
import { quantizedModel } from '../src/quantize/graph/quantized-graph.js';
import { JobCaches } from '../src/engine/jobs/job-caches.js';
import { localEngine } from '../src/engine/local/local-engine.js';
import { localExecutor } from '../src/engine/local/local-executor.js';
import { runnableForm } from '../src/engine/session/runnable-form.js';
import { LONG_PASS } from '../src/engine/jobs/trial/phases/evaluate-phase.js';
import { loadModel } from '../src/engine/session/load-model.js';
import { prepareSweep, type PreparedSweep } from '../src/prepare/prepare-sweep.js';
import { loadExperiment } from '../src/api/load-experiment.js';
import { Patience } from '../src/schedule/patience.js';
import { runSweep } from '../src/schedule/run-sweep.js';
import { jobModel } from '../src/prepare/job-model.js';
import { SharedResults } from '../src/schedule/shared-results.js';
import type { PlannedTrial } from '../src/plan/plan.js';
import { openQueries } from '../src/store/query/query-database.js';
import { openStore } from '../src/store/write/sqlite-store.js';
import type { SweepStore } from '../src/store/store.js';
import { BarePasses, passesAtOnce, type BarePass } from './bare-passes.js';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { prepareTrial } from './prepare-trial.js';
import { trialExperiments, type TrialExperiment } from './trial-experiments.js';

const ROUNDS = bySize({ quick: 1, part: 2, full: 3 });
/** Shares of the classifiers' 10,000 images and of the detector's 256 scenes. */
const IMAGES = bySize({ quick: 0.05, part: 0.2, full: 1 });
const SCENES = bySize({ quick: 0.25, part: 0.5, full: 1 });
const SLOTS = availableParallelism();
/** Trials of one round: each slot has some one after the other, as in a sweep. */
const TRIALS = SLOTS * bySize({ quick: 1, part: 2, full: 2 });
const BASE = 'fp32';
const TRIAL = 'whole trial';

const open = localExecutor(new URL('../dist/engine/local/worker-main.js', import.meta.url));
const caches = new JobCaches();

/** Milliseconds of the phases of all trials that count, as the store has them. */
interface Phases {
  readonly attempts: number;
  /** From sending the job to its result. */
  readonly durationMs: number;
  readonly byPhase: ReadonlyMap<string, number>;
}

function readPhases(database: string, keys: readonly string[]): Phases {
  const queries = openQueries(database);
  const { rows } = queries.query(
    `SELECT a.duration_ms, a.timings FROM v_attempt a JOIN v_trial t ON t.trial = a.trial
     WHERE a.status = 'done' AND t.key IN (SELECT value FROM json_each(?))`,
    [JSON.stringify(keys)],
  );
  queries.close();
  const byPhase = new Map<string, number>();
  for (const [, timings] of rows) {
    for (const [phase, ms] of Object.entries(JSON.parse(String(timings)) as Record<string, number>))
      byPhase.set(phase, (byPhase.get(phase) ?? 0) + ms);
  }
  return { attempts: rows.length, durationMs: rows.reduce((sum, [ms]) => sum + Number(ms), 0), byPhase };
}

/**
 * Runs trials through the program's own scheduler, children and store, with whatever stages they
 * need.
 */
async function runTrials(
  { plan, inputs, experiment, executor }: PreparedSweep,
  trials: readonly PlannedTrial[],
  store: SweepStore,
): Promise<void> {
  const onEvent = (): void => undefined;
  const { signal } = new AbortController();
  const outcome = await runSweep({
    plan: { ...plan, trials },
    inputs,
    store,
    patience: new Patience({ minutes: experiment.run.lockWaitMinutes, onEvent, signal }),
    executor,
    run: { ...experiment.run, retries: 0 },
    failFast: true,
    retryFailed: false,
    onEvent,
    signal,
  });
  const [failed] = outcome.failed;
  if (failed !== undefined) throw new Error(`Expected trials that succeed, but ${failed.label}: ${failed.message}`);
  if (outcome.ran !== trials.length) throw new Error(`Expected ${trials.length} trials to run, got ${outcome.ran}.`);
}

/**
 * The graph that the trial evaluates, as a file; which of its forms is the faster is measured here
 * once more.
 */
async function writeQuantized(
  folder: string,
  { inputs, experiment }: PreparedSweep,
  trial: PlannedTrial,
  store: SweepStore,
  samples: number,
): Promise<Pick<BarePass, 'graph' | 'optimizationLevel'>> {
  const { settings, observeKey } = trial;
  const observation = new SharedResults(store).observation(observeKey!, settings.calibration!, settings.quantization!);
  const model = loadModel(jobModel(settings.model, inputs), caches);
  const { base, layers } = prepareTrial(settings, model, observation, null);
  const { optimizationLevel } = experiment.run;
  const session = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel } as const;
  const batchSize = evaluationBatch(settings.evaluation.batchSize);
  const longPass = samples >= LONG_PASS ? batchSize : null;
  const runnable = await runnableForm(quantizedModel(base, layers), model.io, { session, caches, longPass });
  const graph = join(folder, 'quantized.onnx');
  writeFileSync(graph, encodeModel(runnable.model));
  return { graph, optimizationLevel: runnable.settings.optimizationLevel };
}

async function measure(subject: TrialExperiment): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-trial-'));
  const database = join(folder, 'trial.db');
  const file = join(folder, 'trial.yaml');
  writeFileSync(
    file,
    `${subject.yaml}run: { provider: cpu, slots: ${SLOTS}, threads: 1, hangSeconds: 600, database: ${database} }\n`,
  );
  const sweep = await prepareSweep(loadExperiment(file), {
    engine: localEngine(open),
    code: { use: 'run', allowed: true },
  });
  const [fp32, ...quantized] = sweep.plan.trials;
  const { preprocess, evaluation, model } = fp32!.settings;
  const store = openStore(database);
  store.beginSweep(sweep.experiment, sweep.plan, [...sweep.inputs.models.values()], {
    environment,
    numericsClass: null,
    agent: null,
  });
  // The stages, and a trial in each child: what a sweep of many trials pays once.
  await runTrials(sweep, [fp32!, ...quantized.splice(0, SLOTS)], store);
  const { io } = loadModel(jobModel(model, sweep.inputs), caches);
  const data = {
    source: evaluation.source,
    preprocess,
    samples: subject.samples,
    batchSize: evaluationBatch(evaluation.batchSize),
    input: io.input,
  };
  const bare = await Promise.all(Array.from({ length: SLOTS }, () => BarePasses.start(data)));
  const floor = await writeQuantized(folder, sweep, quantized[0]!, store, subject.samples);
  const counted: string[] = [];
  const trials = async (): Promise<number> => {
    const next = quantized.splice(0, TRIALS);
    counted.push(...next.map(({ key }) => key));
    return (await clocked(() => runTrials(sweep, next, store))) / next.length;
  };
  const bareName = `, bare, ${SLOTS} processes of one thread`;
  const costs = await interleavedRounds(
    new Map([
      [BASE, async () => (await bare[0]!.run({ graph: model.path, threads: null })).ms],
      [`fp32${bareName}`, () => passesAtOnce(bare, { graph: model.path, threads: 1 })],
      [`quantized${bareName}`, () => passesAtOnce(bare, { ...floor, threads: 1 })],
      [TRIAL, trials],
    ]),
    ROUNDS,
  );
  for (const process of bare) process.close();
  await sweep.executor.close();
  store.close();
  // Those of the round that warms up do not count.
  const phases = readPhases(database, counted.slice(TRIALS));
  rmSync(folder, { recursive: true });
  console.log(
    `${subject.name}: ${subject.samples} samples in batches of ${data.batchSize}, losses on ${subject.lossSamples}`,
  );
  const rows = ratiosOver(BASE, costs);
  printRatios(rows, BASE);
  const split = splitOf(phases, rows.find(({ name }) => name === BASE)!.ms);
  for (const { phase, ratio, ms } of split)
    console.log(`    of it ${phase.padEnd(34)} ${ratio.toFixed(3).padStart(7)} x ${BASE}   ${ms.toFixed(0)} ms`);
  const { name, samples, lossSamples } = subject;
  return { subject: name, samples, lossSamples, batchSize: data.batchSize, rows, split };
}

/**
 * Phases of a mean trial; as slots work at once, each costs the sweep its milliseconds over their
 * number.
 */
function splitOf({ attempts, durationMs, byPhase }: Phases, fp32Ms: number) {
  const inside = [...byPhase.values()].reduce((sum, ms) => sum + ms, 0);
  // Sessions of the gate are in both phases, so that this is a little less than it was.
  const entries = [...byPhase, ['sending, storing, other', durationMs - inside] as const];
  return entries.map(([phase, ms]) => ({ phase, ms: ms / attempts, ratio: ms / attempts / SLOTS / fp32Ms }));
}

const environment = sayEnvironment(
  `A whole trial, as a sweep runs it (${SLOTS} slots of one thread, ${TRIALS} trials a round), over one FP32 pass of a bare session with default threads`,
);
const ALPHAS = SLOTS + TRIALS * (1 + ROUNDS);
const alphas = Array.from({ length: ALPHAS }, (_, index) => Number(((index + 1) / (ALPHAS + 1)).toFixed(4)));
const results: object[] = [];
const data = mkdtempSync(join(tmpdir(), 'quantsweep-trial-data-'));
for (const subject of trialExperiments(alphas, IMAGES, SCENES, data)) results.push(await measure(subject));
rmSync(data, { recursive: true });
writeResult('trial', { environment, rounds: ROUNDS, slots: SLOTS, trialsOfARound: TRIALS, results });
