import type { LatencySettings } from '../experiment/sections/measure.js';
import { cpuFlags, lacksVnni } from '../engine/numerics/cpu-flags.js';
import { targetOf as targetDefinition } from '../targets/registry.js';
import type { ContentKey, PlannedTrial } from '../plan/plan.js';

/**
 * The trials of a sweep whose speed is measured, in the order of the plan: of the complete
 * quantized ones those that `trials` of the settings chooses. Sensitivity trials are chosen by
 * `all` alone: nobody deploys a model with one quantized layer.
 *
 * @param values of the primary metric, higher is better, of the complete trials
 */
export function measuredTrials(
  trials: readonly PlannedTrial[],
  values: ReadonlyMap<ContentKey, number>,
  chosen: LatencySettings['trials'],
): readonly PlannedTrial[] {
  const complete = trials.filter(({ key, settings }) => settings.role !== 'fp32' && values.has(key));
  if (chosen === 'all') return complete;
  const groups = new Map<string, PlannedTrial[]>();
  for (const trial of complete) {
    if (trial.settings.role === 'sensitivity') continue;
    const id = chosen === 'best' ? formOf(trial) : targetOf(trial);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [trial]);
    else group.push(trial);
  }
  const count = chosen === 'best' ? 1 : chosen;
  const best = new Set(
    [...groups.values()].flatMap((group) =>
      // Among equal ones the first of the sweep, as v_place has it.
      [...group].sort((a, b) => values.get(b.key)! - values.get(a.key)! || a.position - b.position).slice(0, count),
    ),
  );
  return complete.filter((trial) => best.has(trial));
}

/**
 * Why a trial's model is not timed on this machine: it is for `another runtime`, or for CPUs
 * without VNNI where this one has it or does not tell. Null: it is timed.
 */
export function notTimedBecause(
  { settings }: PlannedTrial,
  flags: readonly string[] = cpuFlags(),
): 'another runtime' | 'another CPU' | null {
  const target = targetDefinition(settings.target);
  if (target === null) return null;
  if (target.evidence === 'rules') return 'another runtime';
  return target.saturates && !lacksVnni(flags.join(' ')) ? 'another CPU' : null;
}

/** Whether this machine is one that a trial's model is for. */
export function runsHere(trial: PlannedTrial): boolean {
  return notTimedBecause(trial) === null;
}

/** One model on one evaluation, for one target. */
function targetOf({ referenceKey, settings }: PlannedTrial): string {
  return JSON.stringify([referenceKey, settings.target ?? 'layers-only', settings.quantization?.execution]);
}

/** What decides how fast a trial's model is, but for which layers are quantized. */
function formOf(trial: PlannedTrial): string {
  const { mode, apply } = trial.settings.smoothing;
  return JSON.stringify([targetOf(trial), mode === 'none' ? 'none' : apply]);
}
