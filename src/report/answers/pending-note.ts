import { smoothingModes } from '../../smooth/modes/registry.js';
import { countText } from '../number-text.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';

/** What a pending trial is called when they are counted. */
function kindOf({ role, alphaMode }: TrialFacts): string {
  if (role === 'fp32') return 'FP32';
  if (role === 'sensitivity') return 'of the sensitivity of layers';
  return smoothingModes[role === 'unsmoothed' ? 'none' : alphaMode].appearance.name;
}

/** `5 of 43 trials are pending (3 static, 2 dynamic)`; null where the sweep has ended. */
export function pendingText({ sweep, allTrials }: Pick<SweepFacts, 'sweep' | 'allTrials'>): string | null {
  const pending = allTrials.filter(({ status }) => status === 'pending');
  if (pending.length === 0) return null;
  const counts = new Map<string, number>();
  for (const trial of pending) counts.set(kindOf(trial), (counts.get(kindOf(trial)) ?? 0) + 1);
  const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return `${pending.length} of ${countText(sweep.trials, 'trial')} ${pending.length === 1 ? 'is' : 'are'} pending (${kinds})`;
}

/** Why a baseline's value is missing: pending, or what brings it. */
export function missingBaseline({ allTrials }: Pick<SweepFacts, 'allTrials'>, role: 'fp32' | 'unsmoothed'): string {
  const isPending = allTrials.some((trial) => trial.role === role && trial.status === 'pending');
  const name = role === 'fp32' ? 'FP32 baseline' : 'unsmoothed baseline at the same calibration size';
  return isPending
    ? `the ${name} is pending.`
    : `no ${name} has finished (baselines: [${role}] ${role === 'fp32' ? 'in the experiment brings it' : ''}`.trimEnd() +
        ').';
}
