import type { SweepFacts } from '../../facts/sweep-facts.js';
import type { SweepShape } from '../../questions/sweep-shape.js';
import type { Sentence } from '../sentence.js';

/** How a kind of question is answered. */
export interface AnsweredQuestion {
  /** The answer in one sentence or two; null where the trials for it have not finished. */
  readonly answer: (facts: SweepFacts, shape: SweepShape) => Sentence | null;
  /** What else belongs to it, wherever it stands. */
  readonly more?: (facts: SweepFacts, shape: SweepShape) => readonly (Sentence | null)[];
  /** What else a page says that it leads: of the best setting, and of those tied with it. */
  readonly leading?: (facts: SweepFacts, shape: SweepShape) => readonly (Sentence | null)[];
}
