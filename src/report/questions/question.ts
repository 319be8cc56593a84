import type { SweepShape } from './sweep-shape.js';

/**
 * A kind of question that a sweep can ask. `registry.ts` lists them all; `answers/answered` has the
 * sentence of each.
 */
export interface Question {
  /** Heading of its part of the page. */
  readonly title: string;
  /**
   * Whether a sweep of that shape asks it, and how much it is made for it: 0 not at all; the
   * strongest leads the page.
   */
  readonly strength: (shape: SweepShape) => number;
  /** The figure that answers it. */
  readonly lead: (shape: SweepShape) => string;
  /** Further figures that belong to it, in order. */
  readonly figures: readonly string[];
  /** What a sweep that asks it lacks to answer it. */
  readonly lacks: (shape: SweepShape) => readonly Lack[];
}

/** What a sweep lacks, and what would bring it. */
export interface Lack {
  /** What stays unknown, e.g. `the gain from smoothing`. */
  readonly unknown: string;
  /** A line of the experiment file. */
  readonly yaml: string;
  /** What the line does where it does not simply bring the answer. */
  readonly brings?: string;
}

/** `brings it`, behind the line of the experiment file. */
export function bringsText({ brings = 'brings it' }: Lack): string {
  return brings;
}

/** What any comparison with a baseline lacks. */
export function lacksBaselines({ baselines }: SweepShape): readonly Lack[] {
  return [
    ...(baselines.includes('fp32') ? [] : [{ unknown: 'what quantization costs', yaml: 'baselines: [fp32]' }]),
    ...(baselines.includes('unsmoothed')
      ? []
      : [{ unknown: 'what smoothing gains', yaml: 'baselines: [fp32, unsmoothed]' }]),
  ];
}
