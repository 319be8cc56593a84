import { z } from 'zod';

/** What the sweep is to find: the least of something among trials that lose little. */
export interface Goal {
  /**
   * Largest drop of the primary metric below FP32: in points (hundredths) where the metric is a
   * fraction, else in its own unit.
   */
  readonly maxDrop: number;
  readonly minimize: 'latency' | 'size';
}

const goalExpected =
  'a goal: text such as "fastest within 0.5 points" or "smallest within 1 point", or a mapping { maxDrop: a number from 0, minimize: latency or size }';

const dropExpected = 'a number from 0 to 1000000';

const goalText = /^(fastest|smallest) within (\d{1,6}(?:\.\d{1,9})?) points?$/;

/** As the file has it: text or a mapping. See {@link readGoal}. */
export const goalSchema = z
  .union(
    [
      z.string({ error: goalExpected }).regex(goalText, { error: goalExpected }),
      z.strictObject({
        maxDrop: z.number({ error: dropExpected }).min(0, { error: dropExpected }).max(1e6, { error: dropExpected }),
        minimize: z.enum(['latency', 'size'], { error: 'latency or size' }),
      }),
    ],
    { error: goalExpected },
  )
  .describe(
    'What is recommended: of the trials of each target that lose at most `maxDrop` against FP32, the one of the least `latency` or `size`. Points are hundredths of a metric that is a fraction; of others `maxDrop` is in their own unit. See below.',
  )
  .nullable()
  .default(null);

/** The goal that a validated value names. */
export function readGoal(value: z.output<typeof goalSchema>): Goal | null {
  if (typeof value !== 'string') return value;
  const [, what, points] = goalText.exec(value)!;
  return { maxDrop: Number(points), minimize: what === 'fastest' ? 'latency' : 'size' };
}
