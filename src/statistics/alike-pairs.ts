import { notApplicable, type AxisDesign } from './axis-design.js';

/** Two trials by number; the second has the other level. */
export type TrialPair = readonly [one: number, other: number];

/**
 * Finds pairs of trials that are equal but for one axis: every other axis has the same level in
 * both, or does not apply to one of them. The latter happens where the axis itself decides what
 * applies: a smoothing mode with an alpha beside one without is compared at each alpha.
 */
export class AlikePairs {
  /** Trials with equal levels of all other axes that apply to every trial, by their level of this one. */
  readonly #groups: readonly (readonly (readonly number[])[])[];
  /** Other axes that do not apply to every trial. */
  readonly #partial: readonly Int32Array[];

  constructor(design: AxisDesign, axis: number) {
    const others = design.levels.filter((_, other) => other !== axis);
    this.#partial = others.filter((levels) => levels.includes(notApplicable));
    const whole = others.filter((levels) => !levels.includes(notApplicable));
    const groups = new Map<string, number[][]>();
    for (const [trial, level] of design.levels[axis]!.entries()) {
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
    return this.#groups.flatMap((group) =>
      group[level]!.flatMap((one) =>
        group[other]!.filter((two) => this.#areAlike(one, two)).map((two): TrialPair => [one, two]),
      ),
    );
  }

  #areAlike(one: number, two: number): boolean {
    return this.#partial.every(
      (levels) => levels[one] === levels[two] || levels[one] === notApplicable || levels[two] === notApplicable,
    );
  }
}
