import type { DataFacts } from '../data-facts.js';
import type { MainInput } from '../main-input.js';
import type { ModelFacts } from '../model-facts.js';
import type { Family, Plain } from '../tasks/task-guess.js';

export interface PreprocessSeen {
  readonly facts: Pick<ModelFacts, 'producer' | 'inputs' | 'operators' | 'path'>;
  readonly main: MainInput;
  readonly family: Family;
  readonly data: DataFacts | null;
}

/** How samples become what the model is fed. */
export interface PreprocessGuess {
  /** `data.preprocess`; empty: nothing. */
  readonly settings: Readonly<Record<string, Plain>>;
  /** Settings of an image folder that bring pictures to the size of the input. */
  readonly geometry: Readonly<Record<string, Plain>>;
  /** What says so. */
  readonly because: string;
  /** What else it may be: whole sentences. */
  readonly alternatives: readonly string[];
}
