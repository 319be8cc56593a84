import { z } from 'zod';
import { listOf, positive, text } from '../../schema/schema-leaves.js';
import { hasPlaceholder } from './placeholders.js';
import type { Settled } from '../../schema/settled.js';

const metricName = 'a name of letters, digits, dots, dashes, underscores, that begins with a letter';

export const commandSettings = {
  command: listOf(
    text('a word of the command', 'A word.'),
    'a list: the program and its arguments',
    'Program and arguments, run without a shell in the folder of the experiment; {predictions} is the .npy file of the first output, {predictions:NAME} of the one named, {folder} the folder with all of them and samples.json.',
  ).refine((words) => words.some(hasPlaceholder), {
    error: 'a command with {predictions} or {folder} among its arguments',
  }),
  metric: z
    .string({ error: metricName })
    .regex(/^[A-Za-z][\w.@-]{0,63}$/, { error: metricName })
    .describe('Name of the value in results.'),
  higherIsBetter: z
    .boolean({ error: 'true or false' })
    .describe('If false, trials are ranked by 1 - value.')
    .default(true),
  timeoutSeconds: positive('Time limit for one run of the command.').default(600),
};

export type CommandTask = Settled<typeof commandSettings> & {
  /** Where the command starts: the folder of the experiment. Absolute. */
  readonly folder: string;
};
