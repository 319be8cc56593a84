import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { chooseBest } from '../facts/sweep-facts.js';
import type { Variant } from '../facts/variants.js';

/** What a figure draws as one: a panel, with the trials in it. */
export interface Part {
  readonly trials: ReadonlySet<number>;
}

/** Finished quantized trials of one variant at one calibration size. */
export interface SizePart extends Part {
  readonly variant: Variant;
  readonly size: number;
}

/** The parts that a figure draws. */
export interface Drawn<P extends Part> {
  /** All in their own order, or the best, best first. */
  readonly parts: readonly P[];
  /** How many there are to choose from. */
  readonly of: number;
  /**
   * Trials of the drawn parts, ascending; null where all parts are drawn and the query needs no
   * condition.
   */
  readonly trials: readonly number[] | null;
}

/** How parts are chosen. */
export interface PartLimits<P> {
  /** Parts that are drawn at most. */
  readonly most: number;
  /** Size of a part, and of all drawn parts at most; one part is drawn whatever its size. */
  readonly sizeOf?: (part: P) => number;
  readonly budget?: number;
  /**
   * What parts are ordered by, of its finished candidates; null: it lacks what the figure shows.
   * Default {@link bestValue}.
   */
  readonly scoreOf?: (candidates: readonly TrialFacts[]) => number | null;
}

/**
 * All parts where they are within the limits, else those with the best candidates. Of parts that
 * lack what the figure shows none is chosen while another has it.
 */
export function chooseParts<P extends Part>(
  parts: readonly P[],
  { trials }: SweepFacts,
  { most, sizeOf = () => 0, budget = 0, scoreOf = bestValue }: PartLimits<P>,
): Drawn<P> {
  const total = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  if (parts.length <= most && total <= budget) return { parts, of: parts.length, trials: null };
  const finished = trials.filter((t) => t.role === 'candidate' && t.status === 'done' && t.value !== null);
  const candidate = new Map(finished.map((t) => [t.trial, t]));
  const scored = parts.map((part) => ({
    part,
    score: scoreOf([...part.trials].flatMap((trial) => candidate.get(trial) ?? [])),
  }));
  const suited = scored.filter(({ score }) => score !== null);
  const ranked = (suited.length === 0 ? scored : suited).sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  const drawn: P[] = [];
  let size = 0;
  for (const { part } of ranked) {
    size += sizeOf(part);
    if (drawn.length === most || (drawn.length > 0 && size > budget)) break;
    drawn.push(part);
  }
  if (drawn.length === parts.length) return { parts, of: parts.length, trials: null };
  const members = [...new Set(drawn.flatMap((part) => [...part.trials]))].sort((a, b) => a - b);
  return { parts: drawn, of: ranked.length, trials: members };
}

/** The value of the best of them; null without one. */
export function bestValue(candidates: readonly TrialFacts[]): number | null {
  return chooseBest(candidates)?.value ?? null;
}

/** {@link bestValue} where there are candidates for both of two tests; null else. */
export function bestOfBoth(
  candidates: readonly TrialFacts[],
  one: (trial: TrialFacts) => boolean,
  other: (trial: TrialFacts) => boolean,
): number | null {
  return candidates.some(one) && candidates.some(other) ? bestValue(candidates) : null;
}

/**
 * Each variant at each calibration size, of the quantized trials that have finished; without empty
 * ones.
 */
export function sizeParts(variants: readonly Variant[], { trials, sizes }: SweepFacts): SizePart[] {
  const finished = trials.filter((t) => t.role !== 'fp32' && t.status === 'done');
  const sizeOf = new Map(finished.map((t) => [t.trial, t.calibrationBatches]));
  return variants.flatMap((variant) =>
    sizes.flatMap((size) => {
      const members = [...variant.trials].filter((trial) => sizeOf.get(trial) === size);
      return members.length === 0 ? [] : [{ variant, size, trials: new Set(members) }];
    }),
  );
}

/** Layers of the largest model of the sweep. */
export function mostLayers({ layers }: SweepFacts): number {
  const counts = new Map<string, number>();
  for (const { model } of layers) counts.set(model, (counts.get(model) ?? 0) + 1);
  return [...counts.values()].reduce((most, count) => Math.max(most, count), 0);
}

/**
 * A condition for the WHERE of a figure's query, from its AND on; empty where all trials are
 * wanted.
 */
export function onlyTrials(trials: readonly number[] | null, column = 'trial'): string {
  return trials === null ? '' : `\nAND ${column} IN (${trials.join(', ')})`;
}

/**
 * `Drawn: the best 6 of 18 combinations.`, for captions, with a space before it; empty where
 * nothing is left out. {@link leftOutText} has the rule and how to see all.
 */
export function drawnText({ parts, of }: Drawn<Part>, what = 'combinations'): string {
  return parts.length === of ? '' : ` Drawn: the best ${parts.length} of ${of} ${what}.`;
}

/** The same in full, for details. */
export function leftOutText({ parts, of }: Drawn<Part>, what: string, { metric }: SweepFacts): string {
  if (parts.length === of) return '';
  const which = parts.length === 1 ? 'that' : 'those';
  return ` Drawn: ${parts.length} of ${of} ${what}, ${which} with the highest ${metric.name}, best first; the SQL without its list of trials returns all.`;
}
