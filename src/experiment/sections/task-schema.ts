import { z } from 'zod';
import { options } from './data-schema.js';
import { file, fraction, integer, listOf, positive, text } from './schema-leaves.js';

const metricName = 'a name of letters, digits, dots, dashes, underscores, that begins with a letter';

export const taskSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('classification').describe('Top-1, top-5, agreement with FP32.') }),
    z.strictObject({
      kind: z
        .literal('centerDetection')
        .describe('Dense heatmap [N, classes, H, W], scored by centre-distance mAP (nuScenes style).'),
      thresholds: listOf(
        positive('A distance in cells.'),
        'a list of distances in cells, each above 0',
        'Distances in cells at which a detection matches.',
      ).default([0.5, 1, 2, 4]),
      maxDetections: integer(1, 'Detections kept per sample.').default(100),
      minScore: fraction('a number from 0 to 1').describe('Detections below this score are dropped.').default(0.01),
      bootstrap: integer(1, 'Replicates of the paired bootstrap over samples that gives the interval.').default(400),
    }),
    z.strictObject({
      kind: z.literal('fidelity').describe("Mean cosine of the output to FP32's, by sample; needs no labels."),
      bootstrap: integer(1, 'Replicates of the paired bootstrap over samples that gives the interval.').default(400),
    }),
    z.strictObject({
      kind: z.literal('module').describe('A metric of your own, an ES module. Runs with --allow-code only.'),
      path: file('the path of an ES module', 'The module; its default export makes the metric.'),
      options: options(),
      bootstrap: integer(
        0,
        'Replicates of the paired bootstrap over samples that gives the interval; 0: none.',
      ).default(400),
    }),
    z.strictObject({
      kind: z.literal('command').describe('A metric by an external command. Runs with --allow-code only.'),
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
    }),
  ])
  .meta({ title: 'Task', description: 'What the evaluated output is and how it is scored.' });
