import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObserveStage, SearchStage } from '../src/plan/plan.js';
import { openQueries } from '../src/store/query/query-database.js';
import { openStore, openStoreForReading } from '../src/store/write/sqlite-store.js';
import type { SweepStore } from '../src/store/store.js';
import { commonFilters } from './common-filters.js';
import { sayEnvironment } from './measure/environment.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { mean, median } from './measure/spread.js';
import { largeGrid, modelSha256, plainGrid, planSynthetic, type SyntheticGrid } from './synthetic-experiment.js';
import { syntheticMachine, syntheticModel } from './synthetic-model.js';
import { SyntheticRecords } from './synthetic-records.js';

/** Trials of 50 layers in the end. */
const TRIALS = Number(process.env['QUANTSWEEP_BENCH_TRIALS'] ?? bySize({ quick: 6000, part: 6000, full: 100_000 }));
const CHANNELS = Number(process.env['QUANTSWEEP_BENCH_CHANNELS'] ?? 16);
/** Trials whose mean is one point of the insert rate. */
const WINDOW = 500;
const ROUNDS = 7;

const kept = process.env['QUANTSWEEP_BENCH_DATABASE'];
const folder = mkdtempSync(join(kept ?? tmpdir(), 'quantsweep-store-'));
const path = join(folder, 'store.db');
const execution = { provider: 'CPUExecutionProvider', timings: { create: 40, run: 7960 } };

/**
 * Milliseconds on the clock, and of the processor: where other programs want it too, only the
 * second says what work costs.
 */
interface Took {
  readonly wall: number;
  readonly cpu: number;
}

/** What inserting each trial took, in the order in which they were inserted. */
const inserts: Took[] = [];
const begins: (Took & { readonly stored: number })[] = [];

function timed(work: () => void): Took {
  const [start, before] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}

/**
 * Stores a sweep as a run does, up to so many trials; every trial is an attempt that starts and one
 * that finishes.
 */
function insertSweep(store: SweepStore, grid: SyntheticGrid, most: number): void {
  const { experiment, plan } = planSynthetic(grid);
  const records = new SyntheticRecords(grid);
  const sha256 = modelSha256(grid);
  const model = syntheticModel(grid, plan.trials[0]!.settings.model.path);
  begins.push({
    stored: inserts.length,
    ...timed(() => {
      store.beginSweep(experiment, plan, [model], syntheticMachine);
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
      case 'moments':
        throw new Error('The synthetic sweep rounds to the nearest.');
      case 'keep':
        throw new Error('The synthetic sweep says how many layers stay in float.');
    }
  });
  for (const trial of plan.trials.slice(0, most)) {
    const record = records.trial(trial);
    inserts.push(
      timed(() => {
        const attempt = store.startAttempt({ kind: 'trial', key: trial.key }, { device: 'cpu:0' });
        store.finishTrial(trial, sha256, record, execution, 'all', attempt);
      }),
    );
  }
}

const environment = sayEnvironment(`Store with ${TRIALS} trials of 50 layers with ${CHANNELS} channels`);
const grid: SyntheticGrid = { ...largeGrid, channels: CHANNELS };
const store = openStore(path);
insertSweep(store, { ...plainGrid, channels: CHANNELS }, Infinity);
store.refreshComparisons('plain');
inserts.length = 0;
let sweeps = 0;
const comparisons: Took[] = [];
while (inserts.length < TRIALS) {
  sweeps += 1;
  const name = `large-${sweeps}`;
  insertSweep(store, { ...grid, name }, TRIALS - inserts.length);
  comparisons.push(
    timed(() => {
      store.refreshComparisons(name);
    }),
  );
  console.error(`${inserts.length} trials`);
}
// Half of one more sweep: what a resume finds.
const resumed = { ...grid, name: 'resumed' };
const FINISHED = 2500;
insertSweep(store, resumed, FINISHED);
store.close();

const windows = [0, 5000, TRIALS - WINDOW].map((stored) => {
  const window = inserts.slice(stored, stored + WINDOW);
  const [wall, cpu] = [window.map((took) => took.wall), window.map((took) => took.cpu)];
  return { stored, cpu: mean(cpu), wall: mean(wall), median: median(wall), longest: Math.max(...wall) };
});
const megabytes = statSync(path).size / 2 ** 20;
console.log(`${megabytes.toFixed(0)} MiB`);
for (const { stored, cpu, wall, median: middle, longest } of windows) {
  console.log(
    `insert at ${stored} stored: ${cpu.toFixed(2)} ms of processor a trial, ${(cpu / windows[0]!.cpu).toFixed(2)} x the first; ` +
      `clock mean ${wall.toFixed(2)}, median ${middle.toFixed(2)}, longest ${longest.toFixed(0)} ms; ${(1000 / wall).toFixed(0)} trials/s`,
  );
}
const said = ({ wall, cpu }: Took): string => `${cpu.toFixed(1)} ms of processor, ${wall.toFixed(1)} on the clock`;
console.log(`begin a large sweep at ${begins[1]!.stored} stored: ${said(begins[1]!)}`);
console.log(`begin a large sweep at ${begins.at(-1)!.stored} stored: ${said(begins.at(-1)!)}`);
console.log(`comparisons of the first large sweep: ${said(comparisons[0]!)}`);

/**
 * What `run` does before the first trial of a sweep that is half done; hashing model and data is
 * left out.
 */
function planResume(): { readonly plan: Took; readonly read: Took; readonly begin: Took } {
  let planned: ReturnType<typeof planSynthetic> | undefined;
  const plan = timed(() => (planned = planSynthetic(resumed)));
  const { experiment, plan: sweep } = planned!;
  const read = timed(() => {
    const reader = openStoreForReading(path)!;
    const [trials, stages] = [sweep.trials.map(({ key }) => key), sweep.stages.map(({ key }) => key)];
    const finished = reader.finishedTrials(trials).size;
    if (finished !== FINISHED) throw new Error(`Expected ${FINISHED} finished trials, got ${finished}.`);
    reader.finishedStages(stages);
    reader.failedTrials(trials);
    reader.failedStages(stages);
    reader.primaryValues(trials);
    reader.typicalDurations();
    reader.close();
  });
  const begin = timed(() => {
    const writer = openStore(path);
    const model = syntheticModel(resumed, sweep.trials[0]!.settings.model.path);
    writer.beginSweep(experiment, sweep, [model], syntheticMachine);
    writer.close();
  });
  return { plan, read, begin };
}

const resumes = Array.from({ length: ROUNDS }, planResume);
for (const part of ['plan', 'read', 'begin'] as const) {
  const took = resumes.map((resume) => resume[part]);
  console.log(
    `resume of a large sweep, ${part}: ${said({ wall: median(took.map(({ wall }) => wall)), cpu: median(took.map(({ cpu }) => cpu)) })}`,
  );
}

const queries = openQueries(path);
function trialOf(sweep: string, mode: string): number {
  const found = queries.query(
    `SELECT t.id FROM sweep s JOIN sweep_trial st ON st.sweep_id = s.id JOIN trial t ON t.id = st.trial_id
     WHERE s.name = ? AND t.alpha_mode = ? AND t.status = 'done' ORDER BY t.id LIMIT 1`,
    [sweep, mode],
  );
  return Number(found.rows[0]![0]);
}
const views = commonFilters.map(({ view, sql }) => {
  const of = ['plain', 'large-1'].map((sweep) => {
    const parameters = { sweep, trial: trialOf(sweep, 'static'), dynamic: trialOf(sweep, 'dynamic') };
    const took: Took[] = [];
    let rows = 0;
    while (took.length < ROUNDS && (took[0]?.cpu ?? 0) < 2000) {
      took.push(timed(() => (rows = queries.query(sql, parameters).rows.length)));
    }
    return { sweep, rows, cpu: median(took.map(({ cpu }) => cpu)), wall: median(took.map(({ wall }) => wall)) };
  });
  const words = of.map((each) => `${each.sweep}: ${each.rows} rows, ${said(each)}`);
  console.log(`${view}: ${words.join('; ')}`);
  return { view, sql, of };
});
queries.close();
writeResult('store', {
  environment,
  trials: TRIALS,
  channels: CHANNELS,
  ...{ megabytes, windows, begins, comparisons, resumes, views },
});
if (kept === undefined) rmSync(folder, { recursive: true });
else console.log(path);
