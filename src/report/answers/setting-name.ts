import type { TrialFacts } from '../facts/sweep-facts.js';
import { readableLabel } from './readable-label.js';

/** A label in words, without the target, which stands beside it. */
export function settingName(trial: Pick<TrialFacts, 'label' | 'axes'>): string {
  return readableLabel(withoutTarget(trial.label), Object.keys(trial.axes));
}

/** A label as it is stored, but for its target. */
export function withoutTarget(label: string): string {
  return label
    .split(', ')
    .filter((part) => !part.startsWith('target='))
    .join(', ');
}
