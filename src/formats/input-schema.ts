import { z } from 'zod';
import { file, oneOf, text } from '../schema/schema-leaves.js';
import type { Immutable } from '../schema/settled.js';

const inputSchema = z
  .strictObject({
    path: file('the path of a .npy or .npz file', 'Array that is fed; relative to the experiment file.')
      .nullable()
      .default(null),
    array: text('the name of an array in the archive', 'Member of a .npz; null for a .npy.').nullable().default(null),
    value: z
      .union([z.number(), z.boolean()], { error: 'a number, true or false' })
      .describe('One number for the whole tensor, instead of a file.')
      .nullable()
      .default(null),
    per: oneOf(['sample', 'run'], '`sample`: the array is [N, ...]; `run`: it is fed whole to every run.').default(
      'sample',
    ),
  })
  .superRefine(({ path, value }, context) => {
    if ((path === null) === (value === null))
      context.addIssue({ code: 'custom', path: [], message: 'either path or value' });
  });

/** One further input of the model. Exactly one of `path` and `value` is not null. */
export type InputSource = Immutable<z.output<typeof inputSchema>>;

/** The model's further inputs, beside the settings of any format. */
export const furtherInputs = {
  inputs: z
    .record(z.string(), inputSchema, { error: 'a mapping of input names' })
    .describe("The model's further inputs, by name.")
    .default({}),
};
