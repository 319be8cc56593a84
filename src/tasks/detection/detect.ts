import { collectCandidates } from './collect-candidates.js';
import type { CandidateRules, DecodedBoxes } from './heads/head.js';
import { suppressCandidates, type SuppressedBoxes } from './suppress-candidates.js';

/** From the boxes of a head to detections: candidates by score, then suppression. */
export function detect(
  decoded: DecodedBoxes,
  rules: CandidateRules,
  classOf: (label: number) => number,
): SuppressedBoxes {
  return suppressCandidates(decoded, collectCandidates(decoded, rules, classOf), rules);
}
