import type { DataFacts } from '../data-facts.js';
import type { MainInput } from '../main-input.js';
import type { ModelFacts } from '../model-facts.js';

/** Plain values of a YAML file. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** What a recogniser looks at. */
export interface Seen {
  readonly facts: Pick<ModelFacts, 'metadata' | 'producer' | 'outputs' | 'operators' | 'path'>;
  readonly main: Pick<MainInput, 'layout' | 'size' | 'sampleShape'>;
  /**
   * Of one sample, without the axis of samples, by the run or else the file; null where a length is
   * not known.
   */
  readonly outputs: readonly SeenOutput[];
  readonly data: DataFacts | null;
}

export interface SeenOutput {
  readonly name: string;
  readonly maker: string;
  readonly isInteger: boolean;
  readonly dims: readonly (number | null)[];
}

/** Whose preprocessing a model has. */
export type Family =
  | 'ultralytics'
  | 'yolox'
  | 'ultraface'
  | 'yunet'
  | 'paddle'
  | 'keras'
  | 'detector'
  | 'classifier'
  | 'map'
  | 'restorer'
  | 'none';

/** What a model's outputs look like, and the task that scores them. */
export interface TaskGuess {
  /** e.g. `a YOLOv8 head of 80 classes`. */
  readonly looksLike: string;
  /** What says so. */
  readonly because: string;
  readonly family: Family;
  /** `task:` of an experiment, paths absolute; null: what it needs is not there, see `missing`. */
  readonly task: Readonly<Record<string, Plain>> | null;
  /** What to add, or to decide, for a task of its own: whole sentences. */
  readonly missing: readonly string[];
  /** Names of the outputs that the task reads, where it is not all; null: all. */
  readonly outputs: readonly string[] | null;
}

/** Null: these outputs are none of its kind. */
export type Recogniser = (seen: Seen) => TaskGuess | null;

/** Settings of a task that hold a path. */
export const TASK_PATHS: ReadonlySet<string> = new Set(['truth', 'alphabetFile', 'priors', 'groundTruth']);
