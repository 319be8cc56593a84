import { notApplicable, type AxisDesign } from './axis-design.js';

/** Two trials by number; the second has the other level. */
export type TrialPair = readonly [one: number, other: number];

/** Another axis that does not apply to every trial. */
interface PartialAxis {
  readonly levels: Int32Array;
  /** By level of the axis in question: whether this one applies to any trial with it. */
  readonly applies: readonly boolean[];
}

/**
 * Finds pairs of trials that are equal but for one axis: every other axis has the same level in
 * both, or applies to neither. Where the axis itself decides whether another one applies, as a
 * smoothing mode with an alpha and one without, a trial with that other axis is compared at each of
 * its levels.
 */
export class AlikePairs {
  /** Trials with equal levels of all other axes that apply to every trial, by level of this one. */
  readonly #groups: readonly (readonly (readonly number[])[])[];
  readonly #partial: readonly PartialAxis[];

  constructor(design: AxisDesign, axis: number) {
    const own = design.levels[axis]!;
    const others = design.levels.filter((_, other) => other !== axis);
    const isPartial = (levels: Int32Array): boolean => levels.includes(notApplicable);
    this.#partial = others.filter(isPartial).map((levels) => ({
      levels,
      applies: Array.from({ length: design.sizes[axis]! }, (_, level) =>
        levels.some((other, trial) => own[trial] === level && other !== notApplicable),
      ),
    }));
    const whole = others.filter((levels) => !isPartial(levels));
    const groups = new Map<string, number[][]>();
    for (const [trial, level] of own.entries()) {
      if (level === notApplicable) continue;
      const key = whole.map((levels) => levels[trial]).join();
      const group = groups.get(key) ?? Array.from({ length: design.sizes[axis]! }, () => []);
      group[level]!.push(trial);
      groups.set(key, group);
    }
    this.#groups = [...groups.values()];
  }

  /** The pairs of two levels. */
  between(level: number, other: number): TrialPair[] {
    const compared = this.#partial.filter(({ applies }) => applies[level] === applies[other]);
    return this.#groups.flatMap((group) =>
      group[level]!.flatMap((one) =>
        group[other]!.filter((two) => compared.every(({ levels }) => levels[one] === levels[two])).map(
          (two): TrialPair => [one, two],
        ),
      ),
    );
  }
}
