import { alphaModes, smoothingModes } from '../../smooth/modes/registry.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { isJudged } from './judged-settings.js';
import { chooseBest, comparedWith, firstByPlace, referenceOf } from '../facts/sweep-facts.js';

/** A trial that a summary names, and for what. */
export interface KeyTrial {
  readonly trial: TrialFacts;
  /** e.g. `best, best static` */
  readonly what: string;
  /** Settings that it was chosen from for its value; 1: it was not chosen. */
  readonly chosenFrom: number;
}

/** Rows of a summary at most. */
const mostTrials = 12;

const modes = alphaModes.filter((mode) => smoothingModes[mode].apply !== 'none');

/**
 * FP32, the best, what is unsmoothed of it, and the best unsmoothed and of each mode of alpha by
 * calibration size; each finished trial once.
 */
export function keyTrials(facts: SweepFacts): KeyTrial[] {
  const { trials, sizes, best } = facts;
  const finished = trials.filter((trial) => trial.status === 'done' && trial.value !== null);
  const judged = trials.filter(isJudged);
  const ofMode = (size: number, mode: string) => (trial: TrialFacts) =>
    trial.calibrationBatches === size && trial.alphaMode === mode;
  const byMode = modes.flatMap((mode) =>
    sizes.map((size) => ({
      trial: chooseBest(finished.filter(ofMode(size, mode))),
      what: `best ${smoothingModes[mode].appearance.name}`,
      chosenFrom: judged.filter(ofMode(size, mode)).length,
    })),
  );
  const counterpart = comparedWith(facts, best, 'unsmoothed')?.otherTrial;
  const named = [
    { trial: referenceOf(facts), what: 'FP32', chosenFrom: 1 },
    { trial: best, what: 'best', chosenFrom: judged.length },
    ...sizes.flatMap((size) => {
      const unsmoothed = finished.filter((t) => t.calibrationBatches === size && t.role === 'unsmoothed');
      return [
        { trial: unsmoothed.find(({ trial }) => trial === counterpart) ?? null, what: 'unsmoothed', chosenFrom: 1 },
        { trial: firstByPlace(unsmoothed), what: 'unsmoothed', chosenFrom: unsmoothed.length },
      ];
    }),
    ...byMode,
  ];
  const found = new Map<number, { trial: TrialFacts; whats: Set<string>; chosenFrom: number }>();
  for (const { trial, what, chosenFrom } of named) {
    if (trial === null) continue;
    const known = found.get(trial.trial);
    if (known === undefined) found.set(trial.trial, { trial, whats: new Set([what]), chosenFrom });
    else known.whats.add(what);
  }
  return [...found.values()]
    .slice(0, mostTrials)
    .map(({ trial, whats, chosenFrom }) => ({ trial, what: [...whats].join(', '), chosenFrom }));
}
