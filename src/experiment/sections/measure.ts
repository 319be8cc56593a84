import { z } from 'zod';
import { integer, listOf, positive, text } from '../../schema/schema-leaves.js';
import type { Immutable } from '../../schema/settled.js';

/** Rounds below which a median has no useful interval. */
const LEAST_ROUNDS = 10;

const wholeFromOne = 'a whole number from 1';
const deviceExpected = 'the name of a device, at most 100 characters and not cpu';
const trialsExpected = 'best, all, or a whole number from 1';

const latencySchema = z
  .strictObject({
    batchSizes: listOf(
      z.int({ error: wholeFromOne }).min(1, { error: wholeFromOne }),
      'a list of whole numbers from 1',
      'Samples of one run. A model that fixes its batch is measured at that.',
    ).default([1]),
    threads: listOf(
      z.int({ error: wholeFromOne }).min(1, { error: wholeFromOne }),
      'a list of whole numbers from 1',
      'Threads of one operator, `intra_op_num_threads` of the runtime.',
    ).default([1]),
    rounds: integer(LEAST_ROUNDS, 'Rounds; in each, FP32 and every candidate run once, in turn.').default(40),
    warmup: integer(0, 'Rounds before them that do not count.').default(5),
    trials: z
      .union([z.literal('best'), z.literal('all'), z.int().min(1)], { error: trialsExpected })
      .describe(
        'Which finished trials are measured. `best`: of each model, target, execution and form of smoothing the most accurate one; N: the N most accurate of each model and target; `all`: all.',
      )
      .default('best'),
  })
  .meta({
    title: 'Latency',
    description: 'FP32 and exported models timed in turn on the CPU of this machine, once the trials are done.',
  });

const commandSchema = z
  .strictObject({
    run: listOf(
      text('a word of the command', 'A word.'),
      'a list: the program and its arguments',
      'Program and arguments that time one model on another device, run without a shell in the folder of the experiment; {model} is the path of the `.onnx` file, appended where no word has it.',
    ),
    name: z
      .string({ error: deviceExpected })
      .min(1, { error: deviceExpected })
      .max(100, { error: deviceExpected })
      .refine((name) => name !== 'cpu', { error: deviceExpected })
      .describe('Name of the device in results. What has been measured under a name is not measured again.'),
    repeats: integer(6, 'Calls for each model, in turn, where the command prints one number a call.').default(10),
    timeoutSeconds: positive('Time limit for one call.').default(600),
    trials: z
      .union([z.literal('best'), z.literal('all'), z.int().min(1)], { error: trialsExpected })
      .describe('Which finished trials are measured, as in `measure.latency.trials`.')
      .default('best'),
  })
  .meta({
    title: 'Command',
    description: 'A command that measures speed on another device. Runs with --allow-code only.',
  });

export const measureSchema = z
  .strictObject({
    latency: latencySchema.nullable().default(null),
    command: commandSchema.nullable().default(null),
  })
  .meta({ title: 'Measure', description: 'Speed, measured when the trials are done. Nothing by default.' })
  .prefault({});

/** What is measured of a sweep when its trials are done; nothing here changes a trial. */
export type MeasureSettings = Immutable<z.output<typeof measureSchema>>;
export type LatencySettings = NonNullable<MeasureSettings['latency']>;
export type DeviceCommand = NonNullable<MeasureSettings['command']>;
