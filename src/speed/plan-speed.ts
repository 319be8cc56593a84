import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { Experiment } from '../experiment/sections/settings.js';
import type { LatencySettings } from '../experiment/sections/measure.js';
import type { ContentKey, PlannedTrial } from '../plan/plan.js';
import type { SweepInputs } from '../prepare/sweep-inputs.js';
import type { StoredLatency } from '../store/read/read-latencies.js';
import { fixedBatchOf } from './fixed-batch.js';
import { missingLatency } from './latency-work.js';
import { measuredTrials, notTimedBecause, runsHere } from './measured-trials.js';

/** Runs of each model besides rounds and warm-up: those under the profiler. */
const PROFILED = 11;

/** What is known of a sweep before it runs. */
export interface SpeedForecast {
  readonly trials: readonly PlannedTrial[];
  readonly inputs: Pick<SweepInputs, 'modelOf'>;
  /** Of the primary metric, of complete trials. */
  readonly values: ReadonlyMap<ContentKey, number>;
  /** What this machine, and device commands called from it, have measured of the trials. */
  readonly stored: readonly StoredLatency[];
  /** Milliseconds that a sample took before on this machine; null: nothing ran yet. */
  readonly sampleMs: number | null;
}

/** What will be measured of speed and about how long it takes, in lines for people. */
export function planSpeed({ measure }: Pick<Experiment, 'measure'>, forecast: SpeedForecast): readonly string[] {
  const { latency = null, command = null } = measure ?? {};
  return [
    ...(latency === null ? [] : latencyLines(latency, forecast)),
    ...(command === null ? [] : commandLines(command, forecast)),
  ];
}

function latencyLines(
  settings: LatencySettings,
  { trials, inputs, values, stored, sampleMs }: SpeedForecast,
): readonly string[] {
  const chosen = measuredTrials(trials.filter(runsHere), withUnfinished(trials, values), settings.trials);
  const fixedBatch = (trial: PlannedTrial): number | null => fixedBatchOf(trial, inputs);
  const { work, missing } = missingLatency(chosen, settings, stored, fixedBatch);
  const notes = [...fixedNotes(settings, chosen, fixedBatch), ...threadNotes(settings), ...elsewhereNotes(trials)];
  if (missing === 0) {
    return [
      chosen.length === 0 ? 'Speed: no trial to measure here.' : 'Speed: measured before, nothing is left.',
      ...notes,
    ];
  }
  const each = settings.warmup + settings.rounds + PROFILED;
  let runs = 0;
  let samples = 0;
  for (const { conditions } of work) {
    for (const { trials: lacking, batchSize } of conditions) {
      runs += (1 + lacking.length) * each;
      samples += (1 + lacking.length) * each * batchSize;
    }
  }
  const time = sampleMs === null ? '' : `, about ${durationText(samples * sampleMs)}`;
  const models = new Set(work.flatMap((one) => one.trials)).size;
  return [
    `Speed: once the trials are done, FP32 and the exported models of ${counted(models, 'trial')} in turn on this machine's CPU: batch ${settings.batchSizes.join(', ')}, threads ${settings.threads.join(', ')}, ${settings.rounds} rounds; at most ${runs.toLocaleString('en-US')} runs${time}. Let nothing else run meanwhile.`,
    ...notes,
  ];
}

function commandLines(
  command: NonNullable<NonNullable<Experiment['measure']>['command']>,
  { trials, values, stored }: SpeedForecast,
): readonly string[] {
  const there = new Set(stored.filter(({ device }) => device === command.name).map(({ trial }) => trial));
  const chosen = measuredTrials(trials, withUnfinished(trials, values), command.trials);
  const missing = chosen.filter(({ key }) => !there.has(key));
  if (missing.length === 0) return [`Speed on ${command.name}: measured before, nothing is left.`];
  return [
    `Speed on ${command.name}: once the trials are done, \`${command.run.join(' ')}\` is called for FP32 and the exported models of ${counted(missing.length, 'trial')}, ${command.repeats} times each where it prints one number.`,
  ];
}

/** What is chosen of trials that have no value yet depends on it; how many they are does not. */
function withUnfinished(
  trials: readonly PlannedTrial[],
  values: ReadonlyMap<ContentKey, number>,
): ReadonlyMap<ContentKey, number> {
  return new Map(trials.map(({ key }) => [key, values.get(key) ?? 0]));
}

function fixedNotes(
  { batchSizes }: LatencySettings,
  chosen: readonly PlannedTrial[],
  fixedBatch: (trial: PlannedTrial) => number | null,
): readonly string[] {
  const notes = chosen.flatMap((trial) => {
    const fixed = fixedBatch(trial);
    if (fixed === null || batchSizes.every((size) => size === fixed)) return [];
    return [`  ${basename(trial.settings.model.path)} fixes its batch at ${fixed}: it is measured at that alone`];
  });
  return [...new Set(notes)];
}

function threadNotes({ threads }: LatencySettings): readonly string[] {
  const cores = availableParallelism();
  const tooMany = threads.filter((count) => count > cores);
  if (tooMany.length === 0) return [];
  return [
    `  threads ${tooMany.join(', ')}: this machine has ${cores}; what is measured so is no speed of a machine with more`,
  ];
}

function elsewhereNotes(trials: readonly PlannedTrial[]): readonly string[] {
  return (['another runtime', 'another CPU'] as const).flatMap((reason) => {
    const others = trials.filter((trial) => trial.settings.role !== 'fp32' && notTimedBecause(trial) === reason);
    const targets = [...new Set(others.map(({ settings }) => settings.target!))];
    if (targets.length === 0) return [];
    const why =
      reason === 'another runtime'
        ? 'whose files are for another runtime'
        : 'which is a CPU known to have no VNNI; this one is not';
    return [`  not timed here: target ${targets.join(', ')}, ${why}; measure.command asks a device`];
  });
}

function durationText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
