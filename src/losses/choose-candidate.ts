import type { SearchSettings } from '../experiment/sections/settings.js';

/** A candidate alpha and how bad it is. */
export interface JudgedCandidate {
  readonly alpha: number;
  readonly loss: number;
}

/**
 * The candidate with the smallest loss; equally good ones by the smaller or larger alpha. There is
 * at least one.
 */
export function chooseCandidate<Candidate extends JudgedCandidate>(
  candidates: readonly Candidate[],
  ties: SearchSettings['ties'],
): Candidate {
  return candidates.reduce((best, candidate) => {
    if (candidate.loss !== best.loss) return candidate.loss < best.loss ? candidate : best;
    return candidate.alpha < best.alpha === (ties === 'smaller') ? candidate : best;
  });
}
