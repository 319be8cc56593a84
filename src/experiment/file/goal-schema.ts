import { z } from 'zod';

/** What a goal makes the least of. */
export type Minimized = 'latency' | 'size' | 'bitOperations';

/** What the sweep is to find: the least of something among trials that lose little. */
export interface Goal {
  /**
   * Largest drop of the primary metric below FP32: in points (hundredths) where the metric is a
   * fraction, else in its own unit.
   */
  readonly maxDrop: number;
  readonly minimize: Minimized;
  /**
   * Bits that the weights of a layer may have, ascending, `float` last: every candidate gets those
   * of each layer that the goal takes. Absent: trials are as the grid has them.
   */
  readonly bits?: readonly LayerPrecision[];
}

/** Bits of a layer's weights, or `float`. */
export type LayerPrecision = number | 'float';

const goalExpected =
  'a goal: text such as "fastest within 0.5 points" or "smallest within 1 point", or a mapping { maxDrop: a number from 0, minimize: latency, size or bitOperations, bits: a list such as [2, 3, 4, 8, float] }';

const dropExpected = 'a number from 0 to 1000000';

const bitsExpected = 'a list of two or more of the bits 2 to 8 and float, each once';

const goalText = /^(fastest|smallest) within (\d{1,6}(?:\.\d{1,9})?) points?$/;

const mappingSchema = z
  .strictObject({
    maxDrop: z.number({ error: dropExpected }).min(0, { error: dropExpected }).max(1e6, { error: dropExpected }),
    minimize: z.enum(['latency', 'size', 'bitOperations'], { error: 'latency, size or bitOperations' }),
    bits: z
      .array(z.union([z.int().min(2).max(8), z.literal('float')], { error: bitsExpected }), { error: bitsExpected })
      .min(2, { error: bitsExpected })
      .refine((bits) => new Set(bits).size === bits.length, { error: bitsExpected })
      .optional(),
  })
  .superRefine(({ minimize, bits }, context) => {
    if (bits !== undefined && minimize === 'latency') {
      const message =
        'size or bitOperations beside bits: what a layer of other bits takes in time is not measured. Without bits, latency chooses among the trials';
      context.addIssue({ code: 'custom', path: ['minimize'], message });
    }
    if (bits === undefined && minimize === 'bitOperations') {
      const message = 'bits beside bitOperations, such as [2, 3, 4, 8, float]; without bits, latency or size';
      context.addIssue({ code: 'custom', path: ['minimize'], message });
    }
  });

/** As the file has it: text or a mapping. See {@link readGoal}. */
export const goalSchema = z
  .union([z.string({ error: goalExpected }).regex(goalText, { error: goalExpected }), mappingSchema], {
    error: goalExpected,
  })
  .describe(
    'What is recommended: of the trials of each target that lose at most `maxDrop` against FP32, the one of the least `latency` or `size`. With `bits`, every candidate gets bits layer by layer, those of the least `size` or `bitOperations`. Points are hundredths of a metric that is a fraction; of others `maxDrop` is in their own unit. See below.',
  )
  .nullable()
  .default(null);

/** The goal that a validated value names. */
export function readGoal(value: z.output<typeof goalSchema>): Goal | null {
  if (value === null) return null;
  if (typeof value !== 'string') {
    const { bits, ...goal } = value;
    return bits === undefined ? goal : { ...goal, bits: [...bits].sort((a, b) => rank(a) - rank(b)) };
  }
  const [, what, points] = goalText.exec(value)!;
  return { maxDrop: Number(points), minimize: what === 'fastest' ? 'latency' : 'size' };
}

function rank(precision: LayerPrecision): number {
  return precision === 'float' ? Infinity : precision;
}
