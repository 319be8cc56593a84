/** Trials by the levels of the axes that vary between them. */
export interface AxisDesign {
  /** How many levels each axis has. */
  readonly sizes: readonly number[];
  /** `[axes][trials]`: the level of each trial, from 0; {@link notApplicable} where it has none. */
  readonly levels: readonly Int32Array[];
  /** `[trials]`, finite. */
  readonly values: Float64Array;
}

/** The level of an axis that cannot matter to a trial, as the alpha of one that is not smoothed. */
export const notApplicable = -1;

/** Two axes of a design, by number, the first below the second. */
export type AxisPair = readonly [one: number, other: number];

/** Every two axes. */
export function axisPairs({ sizes }: AxisDesign): AxisPair[] {
  return sizes.flatMap((_, one) => sizes.slice(one + 1).map((_, after): AxisPair => [one, one + 1 + after]));
}

/** Whether each combination of levels is there, each by as many trials. */
export function isFullFactorial({ sizes, levels, values }: AxisDesign): boolean {
  const cells = sizes.reduce((product, size) => product * size, 1);
  if (values.length === 0 || values.length % cells !== 0) return false;
  const counts = new Int32Array(cells);
  for (let trial = 0; trial < values.length; trial += 1) {
    let cell = 0;
    for (const [axis, size] of sizes.entries()) {
      const level = levels[axis]![trial]!;
      if (level === notApplicable) return false;
      cell = cell * size + level;
    }
    counts[cell]! += 1;
  }
  return counts.every((count) => count === values.length / cells);
}
