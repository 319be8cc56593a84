import { z } from 'zod';
import type { Immutable } from '../../schema/settled.js';
import { filePaths } from '../../schema/schema-leaves.js';

const wholeFromOne = 'a whole number from 1';
const minutesExpected = 'a number of minutes from 0 to 10000';

export const runSchema = z
  .strictObject({
    provider: z
      .enum(['auto', 'cuda', 'webgpu', 'cpu'])
      .describe('Where inference runs. `auto`: CUDA if it loads, else CPU.')
      .default('auto'),
    allowFallback: z
      .boolean({ error: 'true or false' })
      .describe(
        'Let the CPU do what the provider cannot: convolutions and matrix products it has no kernel for, or everything if a named provider does not load. Otherwise both are errors.',
      )
      .default(false),
    slots: z
      .int({ error: wholeFromOne })
      .min(1, { error: wholeFromOne })
      .describe('Number of worker processes; null: one per core on CPU, one per device on a GPU.')
      .nullable()
      .default(null),
    threads: z
      .int({ error: wholeFromOne })
      .min(1, { error: wholeFromOne })
      .describe('Threads per worker; null: cores / slots.')
      .nullable()
      .default(null),
    optimizationLevel: z
      .enum(['disabled', 'basic', 'extended', 'all'])
      .describe('Graph optimization level of every session of the sweep.')
      .default('all'),
    database: z
      .string({ error: 'the path of an SQLite file' })
      .min(1, { error: 'the path of an SQLite file' })
      .describe('SQLite file for the results. Relative to the experiment file.')
      .register(filePaths, { kind: 'file' })
      .default('./quantsweep.db'),
    retries: z
      .int({ error: 'a whole number from 0' })
      .min(0, { error: 'a whole number from 0' })
      .describe('Further attempts after a worker died, hung or lost its device.')
      .default(2),
    hangSeconds: z
      .number({ error: 'a number of seconds from 1' })
      .min(1, { error: 'a number of seconds from 1' })
      .describe('Seconds without a sign of life after which a worker counts as hanging and is replaced.')
      .default(60),
    memoryMb: z
      .int({ error: 'a whole number of MiB from 64, or null' })
      .min(64, { error: 'a whole number of MiB from 64, or null' })
      .describe(
        'Resident memory in MiB that one worker may use; a worker that uses more is replaced and gets smaller batches. null: no limit.',
      )
      .nullable()
      .default(null),
    lockWaitMinutes: z
      .number({ error: minutesExpected })
      .min(0, { error: minutesExpected })
      .max(10_000, { error: minutesExpected })
      .describe(
        'Minutes to wait, and say so, while another program holds the database; then the sweep ends. What was stored is kept.',
      )
      .default(60),
  })
  .meta({ title: 'Run', description: 'How the sweep runs. Only provider and optimizationLevel can change a result.' })
  .prefault({});

/**
 * How a sweep is run: nothing here changes a result, except the provider and level, which are part
 * of every key.
 */
export type RunSettings = Immutable<z.output<typeof runSchema>>;

export type ProviderRequest = RunSettings['provider'];
export type OptimizationLevel = RunSettings['optimizationLevel'];
