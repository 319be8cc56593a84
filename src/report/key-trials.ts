import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { chooseBest, referenceOf } from './sweep-facts.js';

/** A trial that a summary names, and for what. */
export interface KeyTrial {
  readonly trial: TrialFacts;
  /** e.g. `best, best static` */
  readonly what: string;
}

/** Rows of a summary at most. */
const mostTrials = 12;

const modes = ['static', 'dynamic', 'auto', 'cle'] as const;

/** As people say it: what `auto` chooses is a static alpha. */
const modeNames = { static: 'static', dynamic: 'dynamic', auto: 'static by divergence', cle: 'cle' } as const;

/** FP32, the best, unsmoothed, and the best of each mode of alpha by calibration size; each finished trial once. */
export function keyTrials(facts: SweepFacts): KeyTrial[] {
  const { trials, sizes, best } = facts;
  const finished = trials.filter((trial) => trial.status === 'done' && trial.value !== null);
  const ofSize = (size: number): TrialFacts[] => finished.filter((trial) => trial.calibrationBatches === size);
  const byMode = modes.flatMap((mode) =>
    sizes.map((size) => {
      const ofMode = ofSize(size).filter((trial) => trial.alphaMode === mode);
      return [chooseBest(ofMode), `best ${modeNames[mode]}`] as const;
    }),
  );
  const named = [
    [referenceOf(facts), 'FP32'] as const,
    [best, 'best'] as const,
    ...sizes.map(
      (size) => [highest(ofSize(size).filter((trial) => trial.role === 'unsmoothed')), 'unsmoothed'] as const,
    ),
    ...byMode,
  ];
  const found = new Map<number, { trial: TrialFacts; whats: string[] }>();
  for (const [trial, what] of named) {
    if (trial === null) continue;
    const known = found.get(trial.trial);
    if (known === undefined) found.set(trial.trial, { trial, whats: [what] });
    else known.whats.push(what);
  }
  return [...found.values()].slice(0, mostTrials).map(({ trial, whats }) => ({ trial, what: whats.join(', ') }));
}

function highest(trials: readonly TrialFacts[]): TrialFacts | null {
  return trials.reduce<TrialFacts | null>(
    (most, trial) => (most === null || (trial.value ?? 0) > (most.value ?? 0) ? trial : most),
    null,
  );
}
