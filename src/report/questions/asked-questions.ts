import { questionKinds, questions, type QuestionKind } from './registry.js';
import type { SweepShape } from './sweep-shape.js';

/** The questions that a sweep asks, the leading one first; at least one. */
export function askedQuestions(shape: SweepShape): readonly [QuestionKind, ...QuestionKind[]] {
  const asked = questionKinds
    .map((kind) => ({ kind, strength: questions[kind].strength(shape) }))
    .filter(({ strength }) => strength > 0)
    // Stable: of equal ones the first of the registry.
    .sort((a, b) => b.strength - a.strength)
    .map(({ kind }) => kind);
  const [first = 'grid', ...others] = asked;
  return [first, ...others];
}
