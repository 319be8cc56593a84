import { existsSync } from 'node:fs';
import { NO_DESCENT } from '../../experiment/sections/canonical-settings.js';
import type { SearchSettings } from '../../experiment/sections/settings.js';
import type { PlannedStage, SweepPlan } from '../../plan/plan.js';
import { estimateCost } from '../../plan/estimate/estimate-cost.js';
import type { OpenExecutor } from '../../engine/executor.js';
import { localExecutor } from '../../engine/local/local-executor.js';
import { neededStages, triedTrials, type TriedTrials } from '../../schedule/tried-trials.js';
import { planMemory } from '../../prepare/plan-memory.js';
import { prepareSweep, type PreparedSweep } from '../../prepare/prepare-sweep.js';
import { stageWarnings, type SweepWarning } from '../../schedule/sweep-warnings.js';
import { saturationNotes } from '../../prepare/saturation.js';
import { openStoreForReading } from '../../store/write/sqlite-store.js';
import type { StoredFailure, SweepReader } from '../../store/store.js';
import { StoreError } from '../../store/store-error.js';
import { failuresByCause } from './failures-by-cause.js';
import { formatDuration, plural } from '../show/format-values.js';
import { hashingProgress } from './hashing-progress.js';

/** Trials listed without `--all`. */
const LISTED = 60;

/** The text of `quantsweep plan`: nothing is written, and no more is run than one sample of each model. */
export async function describePlan(
  path: string,
  overrides: readonly string[],
  all: boolean,
  allowCode: boolean,
  open: OpenExecutor = localExecutor(),
): Promise<string> {
  const code = { use: 'plan', allowed: allowCode } as const;
  const prepared = await prepareSweep(path, overrides, { open, code, onHashing: hashingProgress(warn) });
  try {
    return await describePrepared(prepared, all);
  } finally {
    await prepared.executor.close();
  }
}

async function describePrepared(prepared: PreparedSweep, all: boolean): Promise<string> {
  const { experiment, provider, plan, inputs, slots, executor } = prepared;
  const { finished, typicalDurations, warnings, tried } = readStore(prepared);
  const { toRun, again, leftAlone } = tried;
  const needed = neededStages(toRun);
  const cost = estimateCost(plan, {
    finished: new Set([...finished, ...leftAlone.keys()]),
    sampleCount: (source) => inputs.sampleCount(source),
    layerCount: ({ path: model }) => inputs.models.get(model)?.layers.length ?? 0,
    typicalDurationsMs: typicalDurations,
    slots: slots.length,
  });
  const children = { provider: provider.provider, slots: slots.length };
  // What a child will take, by running one sample of each model in one.
  const memory = cost.work.length === 0 ? [] : (await planMemory(experiment, plan, inputs, executor, children)).lines;
  const stageState = (key: string): string => (finished.has(key) ? 'cached' : needed.has(key) ? 'to run' : 'failed');
  const trialState = (key: string): string => (finished.has(key) ? 'cached' : leftAlone.has(key) ? 'failed' : 'to run');
  const cached = plan.trials.filter((t) => finished.has(t.key)).length;
  const lines = [
    `Provider: ${provider.why}. ${plural(slots.length, 'slot')} (${slots.map((s) => s.device).join(', ')}).`,
    `${plan.name}: ${plural(plan.trials.length, 'trial')}, ${cached} cached, ${toRun.length} to run${failedWords(leftAlone.size)}; database ${experiment.run.database}`,
    ...(plan.question === null ? [] : [`Question: ${plan.question}`]),
    ...modelLines(prepared),
    ...inputs.notes,
    ...(experiment.notes ?? []),
    ...saturationNotes(experiment),
    ...warnings.map(({ text }) => `WARNING: ${text}`),
    ...memory,
    '',
    'shared stages',
    ...plan.stages.map((stage) => `  ${stageState(stage.key).padEnd(8)}${describeStage(stage, plan)}`),
    '',
    'trials',
    ...plan.trials.slice(0, all ? plan.trials.length : LISTED).map((t) => `  ${trialState(t.key).padEnd(8)}${t.label}`),
  ];
  if (!all && plan.trials.length > LISTED)
    lines.push(`  ... and ${plan.trials.length - LISTED} more (--all lists them)`);
  if (again.size > 0) lines.push('', `${plural(again.size, 'trial')} to run failed before:`, ...causes(plan, again));
  if (leftAlone.size > 0) {
    const heading = `${plural(leftAlone.size, 'trial')} failed before and will not be tried again, as nothing that could change the outcome has changed; run --retry-failed does:`;
    lines.push('', heading, ...causes(plan, leftAlone));
  }
  const passes = Math.round(cost.forwardPasses).toLocaleString('en-US');
  const time =
    cost.durationMs === null
      ? 'how long that takes is known once something has run in this database'
      : `about ${formatDuration(cost.durationMs)}, going by earlier runs in this database`;
  lines.push(
    '',
    toRun.length === 0
      ? 'Nothing is left to run.'
      : `Left to do: about ${passes} forward passes of one sample; ${time}.`,
  );
  return `${lines.join('\n')}\n`;
}

/** Null for an empty file or an older schema, which `run` brings up to date: nothing in it is known to be cached. */
function openUnlessOlder(database: string): SweepReader | null {
  try {
    return openStoreForReading(database);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'older-schema') return null;
    throw error;
  }
}

/** What of the plan is there, and what `run` would do with the rest. */
interface StoredState {
  readonly finished: ReadonlySet<string>;
  readonly typicalDurations: ReadonlyMap<string, number>;
  /** Of stages that are finished. */
  readonly warnings: readonly SweepWarning[];
  readonly tried: TriedTrials;
}

function readStore({ experiment: { run }, plan, inputs }: PreparedSweep): StoredState {
  const store = existsSync(run.database) ? openUnlessOlder(run.database) : null;
  if (store === null) {
    const tried = { toRun: plan.trials, again: new Map(), leftAlone: new Map() };
    return { finished: new Set(), typicalDurations: new Map(), warnings: [], tried };
  }
  try {
    const trials = store.finishedTrials(plan.trials.map((t) => t.key));
    const stages = store.finishedStages(plan.stages.map((s) => s.key));
    return {
      finished: new Set([...trials, ...stages]),
      typicalDurations: store.typicalDurations(),
      warnings: plan.stages
        .filter(({ key }) => stages.has(key))
        .flatMap((stage) => stageWarnings(stage, { plan, store, inputs })),
      tried: triedTrials(plan, store, run),
    };
  } finally {
    store.close();
  }
}

/** To stderr, so that the plan can be piped. */
function warn(line: string): void {
  process.stderr.write(line);
}

function failedWords(leftAlone: number): string {
  return leftAlone === 0 ? '' : `, ${leftAlone} failed before and not tried again`;
}

function causes(plan: SweepPlan, failures: ReadonlyMap<string, StoredFailure>): readonly string[] {
  return failuresByCause(
    plan.trials.flatMap(({ key, label }) => {
      const failure = failures.get(key);
      return failure === undefined ? [] : [{ label, ...failure }];
    }),
  );
}

function modelLines({ inputs }: PreparedSweep): readonly string[] {
  return [...inputs.models.values()].map((model) => {
    const folded = model.layers.filter((l) => l.batchNorm !== null).length;
    return `Model ${model.path}: opset ${model.opset}, ${model.parameters.toLocaleString('en-US')} parameters, ${plural(model.layers.length, 'weighted layer')}${folded > 0 ? `, ${folded} BatchNormalization folded` : ''}`;
  });
}

function describeSearch({ order, objective, sweeps }: SearchSettings): string {
  if (order !== 'output') return `${order}, by ${objective}`;
  return sweeps === NO_DESCENT
    ? "one alpha, by the output's divergence"
    : `descent by the output's divergence, ${plural(sweeps, 'sweep')}`;
}

function describeStage(stage: PlannedStage, plan: SweepPlan): string {
  const users = plan.trials.filter((t) =>
    [t.observeKey, t.referenceKey, t.searchKey, t.rankKey].includes(stage.key),
  ).length;
  const forTrials = `for ${plural(users, 'trial')}`;
  switch (stage.kind) {
    case 'observe': {
      const { batches, batchSize, sampleSeed } = stage.calibration;
      const order = sampleSeed === null ? '' : ` in the order of seed ${sampleSeed}`;
      return `observe    ${batches} calibration batches of ${batchSize}${order}, kept at ${stage.snapshots.join(', ')}; ${forTrials}`;
    }
    case 'reference':
      return `reference  FP32 over ${stage.evaluation.samples === 'all' ? 'all' : stage.evaluation.samples} evaluation samples; ${forTrials}`;
    case 'search': {
      const { candidates, samples } = stage.search;
      return `search     ${describeSearch(stage.search)}: ${candidates.length} alphas on ${samples} samples, calibrated on ${stage.calibration.batches} batches; ${forTrials}`;
    }
    case 'rank':
      return `rank       each layer quantized alone on ${stage.samples} samples; ${forTrials}`;
  }
}
