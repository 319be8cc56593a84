import { z } from 'zod';
import { listOf, positive, text } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';

const metricName = 'a name of letters, digits, dots, dashes, underscores, that begins with a letter';

export const commandSettings = {
  command: listOf(
    text('a word of the command', 'A word.'),
    'a list: the program and its arguments',
    'Program and arguments, run without a shell in the folder of the experiment; {predictions} is the .npy file.',
  ).refine((words) => words.some((word) => word.includes('{predictions}')), {
    error: 'a command with {predictions} among its arguments',
  }),
  metric: z
    .string({ error: metricName })
    .regex(/^[A-Za-z][\w.@-]{0,63}$/, { error: metricName })
    .describe('Name of the value in results.'),
  higherIsBetter: z
    .boolean({ error: 'true or false' })
    .describe('false: 1 - value is what trials are ranked by.')
    .default(true),
  timeoutSeconds: positive('Longest time that one run of the command may take.').default(600),
};

export type CommandTask = Settled<typeof commandSettings> & {
  /** Where the command starts: the folder of the experiment. Absolute. */
  readonly folder: string;
};
