import { smoothingModes } from '../../smooth/modes/registry.js';
import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { chooseBest, comparedWith, firstByPlace } from './sweep-facts.js';

/** A trial whose numbers the picture of a network shows, and why. */
export interface ChosenTrial {
  readonly trial: number;
  readonly label: string;
}

/** As many as a reader tells apart in a list. */
const mostTrials = 6;

/** The model that the picture is of: the best trial's. Null where no trial has one. */
export function networkModel({ best, trials }: SweepFacts): string | null {
  return best?.model ?? trials.find(({ model }) => model !== null)?.model ?? null;
}

/**
 * At most six finished trials of a model: the best, its unsmoothed counterpart, the best of each
 * other way to choose alpha, the one of the highest and the one of the lowest alpha, the worst.
 */
export function networkTrials(facts: SweepFacts, model: string): ChosenTrial[] {
  const own = facts.trials.filter((t) => t.model === model && t.status === 'done' && t.role !== 'fp32');
  const candidates = own.filter(({ role }) => role === 'candidate');
  const best = chooseBest(own);
  const counterpart = comparedWith(facts, best, 'unsmoothed')?.otherTrial;
  const unsmoothed =
    own.find(({ trial }) => trial === counterpart) ?? firstByPlace(own.filter(({ role }) => role === 'unsmoothed'));
  const modes = [...new Set(candidates.map(({ alphaMode }) => alphaMode))];
  const byAlpha = candidates
    .filter(({ alpha }) => alpha !== null)
    .sort((a, b) => a.alpha! - b.alpha! || a.position - b.position);
  const byPlace = candidates.filter(({ place }) => place !== null).sort((a, b) => a.place! - b.place!);
  const chosen: readonly (readonly [TrialFacts | null | undefined, string])[] = [
    [best, facts.isVoid ? '' : 'best'],
    [unsmoothed, 'unsmoothed'],
    ...modes.map(
      (mode) =>
        [
          firstByPlace(candidates.filter(({ alphaMode }) => alphaMode === mode)),
          facts.isVoid ? '' : `best ${smoothingModes[mode].appearance.name}`,
        ] as const,
    ),
    // Of one alpha there is no lowest.
    ...(byAlpha.length > 0 && byAlpha[0]!.alpha! < byAlpha.at(-1)!.alpha!
      ? ([
          [byAlpha[0], 'lowest alpha'],
          [byAlpha.at(-1), 'highest alpha'],
        ] as const)
      : []),
    [byPlace.at(-1), facts.isVoid ? '' : 'worst'],
    ...own.map((trial) => [trial, ''] as const),
  ];
  const found = new Map<number, ChosenTrial>();
  for (const [trial, why] of chosen) {
    if (trial === null || trial === undefined || found.has(trial.trial) || found.size === mostTrials) continue;
    const isNamed = why !== '' && why !== trial.label;
    found.set(trial.trial, { trial: trial.trial, label: isNamed ? `${why}: ${trial.label}` : trial.label });
  }
  return [...found.values()];
}
