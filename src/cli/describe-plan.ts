import { existsSync } from 'node:fs';
import { NO_DESCENT } from '../experiment/canonical-settings.js';
import type { SearchSettings } from '../experiment/settings.js';
import type { PlannedStage, SweepPlan } from '../plan/plan.js';
import { estimateCost } from '../plan/estimate-cost.js';
import type { Slot } from '../runtime/jobs.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import { deviceSlots } from '../schedule/device-slots.js';
import { planMemory } from '../schedule/plan-memory.js';
import { prepareSweep, workerEntry, type PreparedSweep } from '../schedule/prepare-sweep.js';
import { saturationNotes } from '../schedule/saturation.js';
import { openStoreForReading } from '../store/sqlite-store.js';
import type { SweepReader } from '../store/store.js';
import { StoreError } from '../store/store-error.js';
import { formatDuration, plural } from './format-values.js';

/** Trials listed without `--all`. */
const LISTED = 60;

/** The text of `quantsweep plan`: nothing is written, and no more is run than one sample of each model. */
export async function describePlan(
  path: string,
  overrides: readonly string[],
  all: boolean,
  allowCode: boolean,
): Promise<string> {
  const prepared = await prepareSweep(path, overrides, workerEntry(), { use: 'plan', allowed: allowCode });
  const { experiment, provider, plan, inputs } = prepared;
  const slots = deviceSlots(experiment.run, provider.provider);
  const { finished, typicalDurations } = readStore(experiment.run.database, plan);
  const cost = estimateCost(plan, {
    finished,
    sampleCount: (source) => inputs.sampleCount(source),
    layerCount: ({ path: model }) => inputs.models.get(model)?.layers.length ?? 0,
    typicalDurationsMs: typicalDurations,
    slots: slots.length,
  });
  const isCpu = provider.provider === 'cpu';
  const memory = cost.work.length === 0 ? [] : await memoryLines(prepared, slots, isCpu);
  const state = (key: string): string => (finished.has(key) ? 'cached' : 'to run');
  const cached = plan.trials.filter((t) => finished.has(t.key)).length;
  const lines = [
    `Provider: ${provider.why}. ${plural(slots.length, 'slot')} (${slots.map((s) => s.device).join(', ')}).`,
    `${plan.name}: ${plural(plan.trials.length, 'trial')}, ${cached} cached, ${plan.trials.length - cached} to run; database ${experiment.run.database}`,
    ...(plan.question === null ? [] : [`Question: ${plan.question}`]),
    ...modelLines(prepared),
    ...inputs.notes,
    ...saturationNotes(experiment),
    ...memory,
    '',
    'shared stages',
    ...plan.stages.map((stage) => `  ${state(stage.key).padEnd(8)}${describeStage(stage, plan)}`),
    '',
    'trials',
    ...plan.trials.slice(0, all ? plan.trials.length : LISTED).map((t) => `  ${state(t.key).padEnd(8)}${t.label}`),
  ];
  if (!all && plan.trials.length > LISTED)
    lines.push(`  ... and ${plan.trials.length - LISTED} more (--all lists them)`);
  const passes = Math.round(cost.forwardPasses).toLocaleString('en-US');
  const time =
    cost.durationMs === null
      ? 'how long that takes is known once something has run in this database'
      : `about ${formatDuration(cost.durationMs)}, going by earlier runs in this database`;
  lines.push(
    '',
    cached === plan.trials.length
      ? 'Nothing is left to run.'
      : `Left to do: about ${passes} forward passes of one sample; ${time}.`,
  );
  return `${lines.join('\n')}\n`;
}

/** What a child will take of memory, by running one sample of each model in one. */
async function memoryLines(
  { experiment, plan, inputs }: PreparedSweep,
  slots: readonly Slot[],
  isCpu: boolean,
): Promise<readonly string[]> {
  const { hangSeconds } = experiment.run;
  const pool = new WorkerPool(slots.slice(0, 1), workerEntry(), {
    hangSeconds,
    memoryMb: null,
    inputs: inputs.identities,
  });
  try {
    return (await planMemory(experiment, plan, inputs, pool, { isCpu, slots: slots.length })).lines;
  } finally {
    await pool.close();
  }
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

function readStore(
  database: string,
  plan: SweepPlan,
): { readonly finished: ReadonlySet<string>; readonly typicalDurations: ReadonlyMap<string, number> } {
  const store = existsSync(database) ? openUnlessOlder(database) : null;
  if (store === null) return { finished: new Set(), typicalDurations: new Map() };
  try {
    const trials = store.finishedTrials(plan.trials.map((t) => t.key));
    const stages = store.finishedStages(plan.stages.map((s) => s.key));
    return { finished: new Set([...trials, ...stages]), typicalDurations: store.typicalDurations() };
  } finally {
    store.close();
  }
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
