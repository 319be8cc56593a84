/** Where the zero of a weight's integers is. */
export interface WeightScheme {
  /** In one sentence, for the documentation and the JSON Schema. */
  readonly description: string;
  /** Zero is at the integer 0; else the range has two ends of its own. */
  readonly isSymmetric: boolean;
  /** Whether `narrowRange` matters: there is a level below -amax to leave out. */
  readonly canBeNarrow: boolean;
}

/** What `quantization.weight.scheme` may be. */
export const weightSchemes = {
  signed: { description: 'signed integers, zero at 0', isSymmetric: true, canBeNarrow: true },
  asymmetric: { description: 'unsigned integers with a zero point', isSymmetric: false, canBeNarrow: false },
} satisfies Record<string, WeightScheme>;

export type WeightSchemeName = keyof typeof weightSchemes;

/** In the order of the documentation. */
export const weightSchemeNames = Object.keys(weightSchemes) as [WeightSchemeName, ...WeightSchemeName[]];
