import { canonicalSettings, sectionsOf, type TrialSettings } from '../experiment/sections/canonical-settings.js';
import { MemoByParts } from '../memo/memo-by-parts.js';
import type { Experiment, Settings } from '../experiment/sections/settings.js';
import { calibrationDataKey, contentKey, trialKey } from './content-key.js';
import { labelTrials } from './label-trials.js';
import { mergeStages, type TrialStages } from './merge-stages.js';
import { memoizeByContent } from '../memo/memoize-by-content.js';
import type { ContentKey, PlanContext, PlannedTrial, SweepPlan } from './plan.js';

/**
 * Turns an experiment into trials with content keys and the stages that they share:
 * canonical settings -> keys (equal work once) -> stages merged -> labels.
 *
 * Pure: the same experiment and context give the same plan. Errors of `context.modelSha256` and
 * `context.dataSha256` (a missing file, say) pass through.
 */
export function planSweep(experiment: Experiment, context: PlanContext): SweepPlan {
  const remembering: PlanContext = {
    ...context,
    modelSha256: memoizeByContent(context.modelSha256),
    dataSha256: memoizeByContent(context.dataSha256),
  };
  // Thousands of trials have the same few counterparts.
  const counterparts = { fp32: new MemoByParts<ContentKey>(), unsmoothed: new MemoByParts<ContentKey>() };
  const counterpartKey = (role: 'fp32' | 'unsmoothed', settings: Settings): ContentKey =>
    counterparts[role].get(sectionsOf(role, settings), () => trialKey(canonicalSettings(role, settings), remembering));

  const byKey = new Map<string, Omit<PlannedTrial, 'label' | 'position' | keyof TrialStages>>();
  for (const { role, settings: full, axes } of experiment.trials) {
    const settings = canonicalSettings(role, full);
    const key = trialKey(settings, remembering);
    if (byKey.has(key)) continue;
    const fp32Key = counterpartKey('fp32', full);
    const hasCounterpart = role !== 'fp32' && full.layers.sensitivity === 'none';
    const unsmoothedKey = !hasCounterpart ? null : counterpartKey('unsmoothed', full);
    const simulated = simulatedCounterpart(settings);
    const simulatedKey = simulated && trialKey(simulated, remembering);
    const dataKey = calibrationDataKey(settings, remembering);
    byKey.set(key, { key, settings, axes, fp32Key, unsmoothedKey, simulatedKey, calibrationDataKey: dataKey });
  }
  const trials = [...byKey.values()];
  const settings = trials.map((trial) => trial.settings);
  const labels = labelTrials(settings, experiment.axisPaths);
  const { stages, ofTrials } = mergeStages(settings, remembering);
  return {
    name: experiment.name,
    question: experiment.question,
    goal: experiment.goal ?? null,
    key: contentKey({ of: 'sweep', trials: trials.map(({ key }) => key) }),
    trials: trials.map((trial, position) => ({ ...trial, ...ofTrials[position]!, label: labels[position]!, position })),
    stages,
    axisPaths: experiment.axisPaths,
  };
}

function simulatedCounterpart(settings: TrialSettings): TrialSettings | null {
  const { quantization } = settings;
  if (quantization?.execution !== 'integer') return null;
  return { ...settings, quantization: { ...quantization, execution: 'simulated' } };
}
