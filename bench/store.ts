import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObserveStage, SearchStage } from '../src/plan/plan.js';
import { openQueries } from '../src/store/query-database.js';
import { openStore, openStoreForReading } from '../src/store/sqlite-store.js';
import type { SweepStore } from '../src/store/store.js';
import { commonFilters } from './common-filters.js';
import { largeGrid, modelSha256, plainGrid, planSynthetic, type SyntheticGrid } from './synthetic-experiment.js';
import { syntheticEnvironment, syntheticModel } from './synthetic-model.js';
import { SyntheticRecords } from './synthetic-records.js';

/** Trials of 50 layers in the end; fewer for a quick look. */
const TRIALS = Number(process.env['QUANTSWEEP_BENCH_TRIALS'] ?? 100_000);
const CHANNELS = Number(process.env['QUANTSWEEP_BENCH_CHANNELS'] ?? 32);
/** Trials whose mean is one point of the insert rate. */
const WINDOW = 500;
const ROUNDS = 7;

const kept = process.env['QUANTSWEEP_BENCH_DATABASE'];
const folder = mkdtempSync(join(kept ?? tmpdir(), 'quantsweep-store-'));
const path = join(folder, 'store.db');
const execution = { provider: 'CPUExecutionProvider', timings: { create: 40, run: 7960 } };

/** Milliseconds that inserting each trial took, in the order in which they were inserted. */
const insertMs: number[] = [];
const begins: { readonly stored: number; readonly ms: number }[] = [];

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Stores a sweep as a run does, up to so many trials; every trial is an attempt that starts and one that finishes. */
function insertSweep(store: SweepStore, grid: SyntheticGrid, most: number): void {
  const { experiment, plan } = planSynthetic(grid);
  const records = new SyntheticRecords(grid);
  const sha256 = modelSha256(grid);
  const model = syntheticModel(grid, plan.trials[0]!.settings.model.path);
  begins.push({
    stored: insertMs.length,
    ms: timed(() => {
      store.beginSweep(experiment, plan, [model], syntheticEnvironment);
    }),
  });
  const fp32 = records.trial(plan.trials.find((trial) => trial.settings.role === 'fp32')!);
  plan.stages.forEach((stage, number) => {
    switch (stage.kind) {
      case 'observe':
        store.finishObserve(stage.key, sha256, records.observations(stage satisfies ObserveStage));
        break;
      case 'reference':
        store.finishReference(stage.key, sha256, { ...fp32, argmax: null, provider: execution.provider });
        break;
      case 'search':
        store.finishSearch(stage.key, sha256, records.search(stage satisfies SearchStage, number));
        break;
      case 'rank':
        store.finishRank(stage.key, sha256, records.rank());
        break;
    }
  });
  for (const trial of plan.trials.slice(0, most)) {
    const record = records.trial(trial);
    insertMs.push(
      timed(() => {
        const attempt = store.startAttempt({ kind: 'trial', key: trial.key }, 'cpu:0');
        store.finishTrial(trial, sha256, record, execution, 'all', attempt);
      }),
    );
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const grid: SyntheticGrid = { ...largeGrid, channels: CHANNELS };
const store = openStore(path);
insertSweep(store, { ...plainGrid, channels: CHANNELS }, Infinity);
store.refreshComparisons('plain');
insertMs.length = 0;
let sweeps = 0;
let comparisonsMs = 0;
while (insertMs.length < TRIALS) {
  sweeps += 1;
  insertSweep(store, { ...grid, name: `large-${sweeps}` }, TRIALS - insertMs.length);
  comparisonsMs = timed(() => {
    store.refreshComparisons(`large-${sweeps}`);
  });
  console.error(`${insertMs.length} trials, ${mean(insertMs.slice(-WINDOW)).toFixed(2)} ms a trial`);
}
// Half of one more sweep: what a resume finds.
const resumed = { ...grid, name: 'resumed' };
insertSweep(store, resumed, 2500);
store.close();

const first = mean(insertMs.slice(0, WINDOW));
const rates = [0, 5000, TRIALS - WINDOW]
  .filter((from) => from + WINDOW <= insertMs.length)
  .map((from) => {
    const window = insertMs.slice(from, from + WINDOW);
    return { stored: from, ms: mean(window), median: median(window), longest: Math.max(...window), ratio: mean(window) / first };
  });
const megabytes = statSync(path).size / 2 ** 20;
console.log(`${TRIALS} trials of 50 layers with ${CHANNELS} channels, ${megabytes.toFixed(0)} MiB; ${cpus()[0]?.model ?? '?'}, Node ${process.version}`);
for (const { stored, ms, median: middle, longest, ratio } of rates) {
  console.log(
    `insert at ${String(stored).padStart(6)} stored   ${ms.toFixed(2)} ms a trial (median ${middle.toFixed(2)}, longest ${longest.toFixed(0)}), ${(1000 / ms).toFixed(0)} trials/s, ${ratio.toFixed(2)} x the first`,
  );
}
const begin = begins.at(-1)!;
console.log(`begin a sweep of 5,027 trials: ${begins[1]!.ms.toFixed(0)} ms at 0, ${begin.ms.toFixed(0)} ms at ${begin.stored} stored`);
console.log(`comparisons of the last large sweep: ${comparisonsMs.toFixed(0)} ms`);

/** What `run` does before the first trial of a sweep that is half done; model and data are hashed elsewhere. */
const resume = { plan: 0, read: 0, begin: 0, trials: 0 };
const parts: (typeof resume)[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const start = performance.now();
  const { experiment, plan } = planSynthetic(resumed);
  const planned = performance.now();
  const reader = openStoreForReading(path)!;
  const trials = plan.trials.map(({ key }) => key);
  const stages = plan.stages.map(({ key }) => key);
  const finished = reader.finishedTrials(trials).size;
  if (finished !== 2500) throw new Error(`Expected 2500 finished trials, got ${finished}.`);
  reader.finishedStages(stages);
  reader.failedTrials(trials);
  reader.failedStages(stages);
  reader.primaryValues(trials);
  reader.typicalDurations();
  reader.close();
  const read = performance.now();
  const writer = openStore(path);
  writer.beginSweep(experiment, plan, [syntheticModel(resumed, plan.trials[0]!.settings.model.path)], syntheticEnvironment);
  const begun = performance.now();
  writer.close();
  parts.push({ plan: planned - start, read: read - planned, begin: begun - read, trials: plan.trials.length });
}
const total = median(parts.map(({ plan, read, begin: b }) => plan + read + b));
console.log(
  `plan a resume of ${parts[0]!.trials} trials: ${total.toFixed(0)} ms (grid and keys ${median(parts.map((p) => p.plan)).toFixed(0)}, what is finished ${median(parts.map((p) => p.read)).toFixed(0)}, begin ${median(parts.map((p) => p.begin)).toFixed(0)})`,
);

const queries = openQueries(path);
const trialOf = (sweep: string, mode: string): number =>
  Number(
    queries.query(
      `SELECT t.id FROM sweep s JOIN sweep_trial st ON st.sweep_id = s.id JOIN trial t ON t.id = st.trial_id
       WHERE s.name = ? AND t.alpha_mode = ? AND t.status = 'done' ORDER BY t.id LIMIT 1`,
      [sweep, mode],
    ).rows[0]![0],
  );
const views = commonFilters.map(({ view, sql }) => {
  const of = ['plain', 'large-1'].map((sweep) => {
    const parameters = { sweep, trial: trialOf(sweep, 'static'), dynamic: trialOf(sweep, 'dynamic') };
    const times: number[] = [];
    let rows = 0;
    for (let round = 0; round < ROUNDS; round++) {
      times.push(timed(() => (rows = queries.query(sql, parameters).rows.length)));
      if (times[0]! > 2000) break;
    }
    return { rows, ms: median(times), first: times[0]! };
  });
  console.log(
    `${view.padEnd(22)} ${of.map(({ rows, ms, first: cold }) => `${String(rows).padStart(7)} rows ${ms.toFixed(1).padStart(8)} ms (first ${cold.toFixed(1)})`).join('   ')}   ${sql}`,
  );
  return { view, sql, plain: of[0], large: of[1] };
});
queries.close();
const results = new URL('results/', import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(
  new URL('store.json', results),
  `${JSON.stringify({ trials: TRIALS, channels: CHANNELS, megabytes, rates, begins, comparisonsMs, resume: parts, views }, null, 2)}\n`,
);
if (kept === undefined) rmSync(folder, { recursive: true });
else console.log(path);
