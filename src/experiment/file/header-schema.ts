import { z } from 'zod';
import { measureSchema } from '../sections/measure.js';
import { goalSchema } from './goal-schema.js';
import { runSchema } from '../sections/run.js';

const nameExpected = 'a name of letters, digits, spaces, dots, dashes and underscores, at most 100';

/** The parts of an experiment file that are not settings of a trial. */
export const headerSchemas = {
  version: z.literal(1).describe('Version of this file format.').default(1),
  name: z
    .string({ error: nameExpected })
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u, { error: nameExpected })
    .describe('Name of the sweep in the store and in reports. Default: the name of the file.'),
  question: z
    .string({ error: 'text' })
    .min(1, { error: 'text' })
    .describe('The question the sweep answers; shown first in the report.')
    .nullable()
    .default(null),
  goal: goalSchema,
  baselines: z
    .array(z.enum(['fp32', 'unsmoothed']), { error: 'a list of baselines' })
    .describe('Trials to compare the grid with: nothing quantized, and quantized without smoothing.')
    .default(['fp32', 'unsmoothed']),
  run: runSchema,
  measure: measureSchema,
} as const;
