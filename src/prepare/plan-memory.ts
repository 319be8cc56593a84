import { totalmem } from 'node:os';
import { basename } from 'node:path';
import type { Experiment } from '../experiment/sections/settings.js';
import {
  batchLimits,
  estimatePeak,
  momentsBatch,
  type BatchLimits,
  type MemoryUse,
  type MemoryWork,
} from '../plan/estimate/estimate-memory.js';
import type { PlannedTrial, SweepPlan } from '../plan/plan.js';
import { JobError, JobInterrupted, runOnce, type Executor } from '../engine/executor.js';
import type { Provider } from '../engine/providers/provider.js';
import { providers } from '../engine/providers/providers.js';
import { roundingBytes } from '../quantize/rounding/block-problem.js';
import { momentsLayers } from '../quantize/select-layers.js';
import { jobModel } from './job-model.js';
import { macsOfLayers } from './macs-of-layers.js';
import { momentsSize } from './moments-size.js';
import type { SweepInputs } from './sweep-inputs.js';

/** Share of the machine's memory that children may have together. */
const SHARE = 0.8;

const MIB = 2 ** 20;

/** What is foretold of a sweep's memory. */
export interface PlannedMemory {
  /** By path of the model; those that could not be measured are missing. */
  readonly limits: ReadonlyMap<string, BatchLimits>;
  /**
   * MACs of layers, by their names, by path of the model; those that could not be measured are
   * missing.
   */
  readonly macs: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** For people. */
  readonly lines: readonly string[];
}

const uses: Readonly<Record<MemoryUse, string>> = {
  observe: 'observing',
  observeHistograms: 'counting histograms',
  moments: 'second moments',
  reference: 'the FP32 reference',
  evaluate: 'evaluating',
  losses: 'layer losses',
  search: 'the search',
  rank: 'ranking layers',
};

/**
 * Measures each model by one sample in a child, and works out how much memory a child will take at
 * its peak and how many samples fit into a run. Says so where a model can't be measured; nothing
 * fails for that. On a GPU, whose memory is another, nothing is foretold.
 */
export async function planMemory(
  { run }: Pick<Experiment, 'run'>,
  plan: SweepPlan,
  inputs: SweepInputs,
  executor: Executor,
  { provider, slots }: { readonly provider: Provider; readonly slots: number },
): Promise<PlannedMemory> {
  const limits = new Map<string, BatchLimits>();
  const macs = new Map<string, ReadonlyMap<string, number>>();
  const lines: string[] = [];
  const byModel = new Map<string, PlannedTrial[]>();
  for (const trial of providers[provider].usesHostMemory ? plan.trials : []) {
    const { path } = trial.settings.model;
    const own = byModel.get(path);
    if (own === undefined) byModel.set(path, [trial]);
    else own.push(trial);
  }
  const machine = machineBytes();
  const allowed = run.memoryMb === null ? (SHARE * machine) / slots : run.memoryMb * MIB;
  const given =
    run.memoryMb === null
      ? `${sizeText(allowed)} for ${slots === 1 ? 'the only worker' : `each of ${slots} workers`}, ${SHARE * 100} % of ${sizeText(machine)}`
      : `run.memoryMb ${run.memoryMb}`;
  const isAuto = plan.trials.every(({ settings }) => settings.evaluation.batchSize === 'auto');
  const advice = [
    ...(run.memoryMb === null ? [] : ['raise run.memoryMb']),
    ...(run.memoryMb === null && slots > 1 ? ['use fewer run.slots'] : []),
    ...(isAuto ? [] : ['set data.evaluation.batchSize to auto']),
    'use smaller samples',
  ].join(', or ');
  for (const [path, trials] of byModel) {
    const { model, evaluation, preprocess } = trials[0]!.settings;
    try {
      const job = { kind: 'measure', model: jobModel(model, inputs), preprocess, source: evaluation.source } as const;
      const { value } = await runOnce<'measure'>(executor, job);
      const { memory, sampleNumbers } = value;
      macs.set(path, macsOfLayers(inputs.layersOf(path), value));
      const own = batchLimits(memory, allowed);
      limits.set(path, own);
      const work = { ...workOf(trials, plan, inputs), ...momentsWork(path, plan, inputs, sampleNumbers) };
      const { use, batch, bytes } = estimatePeak(memory, work, own);
      const runs = `${uses[use]}, runs of ${batch} sample${batch === 1 ? '' : 's'}`;
      const estimate = `Memory: about ${sizeText(bytes)} per worker at its peak with ${basename(path)} (${runs}); ${given}.`;
      lines.push(bytes > allowed ? `${estimate} Warning: this exceeds the limit; ${advice}.` : estimate);
    } catch (cause) {
      if (cause instanceof JobInterrupted) return { limits, macs, lines };
      if (!(cause instanceof JobError)) throw cause;
      lines.push(`Memory: unknown, because one sample of ${basename(path)} could not be run: ${cause.failure.message}`);
    }
  }
  return { limits, macs, lines };
}

/** What second moments of a model add; nothing where no stage gathers them. */
function momentsWork(
  path: string,
  { stages }: SweepPlan,
  inputs: SweepInputs,
  sampleNumbers: number,
): Pick<MemoryWork, 'moments'> {
  const own = stages.filter((stage) => stage.kind === 'moments').filter(({ model }) => model.path === path);
  if (own.length === 0) return {};
  const layers = own.flatMap(({ ops }) => momentsLayers(inputs.layersOf(path), ops));
  return {
    moments: {
      bytes: Math.max(...own.map((stage) => momentsSize(stage, inputs))),
      rounding: Math.max(0, ...layers.map(({ layout }) => roundingBytes(layout))),
      batch: momentsBatch(sampleNumbers),
    },
  };
}

function workOf(trials: readonly PlannedTrial[], plan: SweepPlan, inputs: SweepInputs): MemoryWork {
  const settings = trials.map((trial) => trial.settings);
  const numbers = settings.flatMap(({ evaluation: { source, batchSize, samples } }) => {
    const all = samples === 'all' ? inputs.sampleCount(source) : samples;
    return batchSize === 'auto' ? [] : [Math.min(batchSize, all)];
  });
  const keys = new Set(trials.map((trial) => trial.observeKey));
  return {
    histograms: plan.stages.some((stage) => stage.kind === 'observe' && stage.histograms && keys.has(stage.key)),
    searches: trials.some((trial) => trial.searchKey !== null),
    ranks: trials.some((trial) => trial.rankKey !== null),
    quantizes: settings.some(({ role }) => role !== 'fp32'),
    calibrationBatch: Math.max(0, ...settings.map(({ calibration }) => calibration?.batchSize ?? 0)),
    evaluationBatch: numbers.length === 0 ? 'auto' : Math.max(...numbers),
  };
}

/** Memory that this process may use: the machine's, or its container's. */
function machineBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

function sizeText(bytes: number): string {
  return bytes >= 1000 * MIB ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`;
}
