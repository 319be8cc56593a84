import { canonicalSettings, type TrialSettings } from '../experiment/canonical-settings.js';
import type { Experiment } from '../experiment/settings.js';
import { contentKey, trialKey } from './content-key.js';
import { labelTrials } from './label-trials.js';
import { mergeStages } from './merge-stages.js';
import type { PlanContext, PlannedTrial, SweepPlan } from './plan.js';

/**
 * Turns an experiment into trials with content keys and the stages that they share:
 * canonical settings -> keys (equal work once) -> stages merged -> labels.
 *
 * Pure: the same experiment and context give the same plan. Errors of `context.modelSha256` and `context.dataSha256`
 * (a missing file, say) pass through.
 */
export function planSweep(experiment: Experiment, context: PlanContext): SweepPlan {
  const known = new Map<string, string>();
  const once = <Argument>(name: (argument: Argument) => string, compute: (argument: Argument) => string) => {
    return (argument: Argument): string => {
      const key = name(argument);
      const value = known.get(key) ?? compute(argument);
      known.set(key, value);
      return value;
    };
  };
  const remembering: PlanContext = {
    ...context,
    modelSha256: once((path) => `model ${path}`, context.modelSha256),
    dataSha256: once((source) => `data ${JSON.stringify(source)}`, context.dataSha256),
  };

  const byKey = new Map<
    string,
    Omit<PlannedTrial, 'label' | 'position' | 'referenceKey' | 'observeKey' | 'searchKey' | 'rankKey'>
  >();
  for (const { role, settings: full, axes } of experiment.trials) {
    const settings = canonicalSettings(role, full);
    const key = trialKey(settings, remembering);
    if (byKey.has(key)) continue;
    const fp32Key = trialKey(canonicalSettings('fp32', full), remembering);
    const hasCounterpart = role !== 'fp32' && full.layers.sensitivity === 'none';
    const unsmoothedKey = !hasCounterpart ? null : trialKey(canonicalSettings('unsmoothed', full), remembering);
    const simulated = simulatedCounterpart(settings);
    const simulatedKey = simulated && trialKey(simulated, remembering);
    byKey.set(key, { key, settings, axes, fp32Key, unsmoothedKey, simulatedKey });
  }
  const trials = [...byKey.values()];
  const settings = trials.map((trial) => trial.settings);
  const labels = labelTrials(settings, experiment.axisPaths);
  const { stages, ofTrials } = mergeStages(settings, remembering);
  return {
    name: experiment.name,
    question: experiment.question,
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
