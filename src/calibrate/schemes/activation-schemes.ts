/** Which integers stand for a layer's input, and where its zero is. */
export interface ActivationScheme {
  /** In one sentence, for the documentation and the JSON Schema. */
  readonly description: string;
  /** Zero is at the integer 0; else the range has two ends of its own. */
  readonly isSymmetric: boolean;
  /** Whether `narrowRange` matters: there is a level below -amax to leave out. */
  readonly canBeNarrow: boolean;
  /**
   * Whether the integers of a symmetric range are signed.
   *
   * @param min observed smallest value of each channel
   */
  readonly isSigned: (min: Float64Array) => boolean;
}

/** What `quantization.activation.scheme` may be. */
export const activationSchemes = {
  signed: {
    description: 'signed integers, zero at 0',
    isSymmetric: true,
    canBeNarrow: true,
    isSigned: () => true,
  },
  unsigned: {
    description: 'unsigned integers, values below 0 become 0',
    isSymmetric: true,
    canBeNarrow: false,
    isSigned: () => false,
  },
  auto: {
    description: 'unsigned if no calibration value is negative, else signed',
    isSymmetric: true,
    canBeNarrow: true,
    // Dividing by s keeps signs.
    isSigned: (min) => min.some((least) => least < 0),
  },
  asymmetric: {
    description: 'unsigned integers with a zero point',
    isSymmetric: false,
    canBeNarrow: false,
    isSigned: () => false,
  },
} satisfies Record<string, ActivationScheme>;

export type ActivationSchemeName = keyof typeof activationSchemes;

/** In the order of the documentation. */
export const activationSchemeNames = Object.keys(activationSchemes) as [
  ActivationSchemeName,
  ...ActivationSchemeName[],
];
