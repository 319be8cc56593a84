import { z } from 'zod';
import { toDataSource, type DataSource } from '../../formats/data-source.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import { integer } from '../../schema/schema-leaves.js';
import type { Immutable } from '../../schema/settled.js';
import { countsSamples, type FileTask } from '../../tasks/task-settings.js';
import { preprocessSchema, sourceSchema } from './data-schema.js';
import { lacksForTask } from './lacks-for-task.js';
import type { LayerSettings } from './layers.js';
import type { Check, Column, IdleRule } from './section.js';
import type { SmoothingSettings } from './smoothing.js';

const calibrationRole = {
  batchSize: integer(1, 'Samples per calibration batch.').default(4),
  batches: integer(1, 'Calibration size: the first `batches * batchSize` samples.').default(200),
  sampleSeed: integer(
    0,
    'Seed of a random order of the samples, of which the first are used; null: in their stored order.',
  )
    .nullable()
    .default(null),
};

const stopConfidence = 'a number from 0.5, below 1, or null';

const evaluationRole = {
  batchSize: z
    .union([z.literal('auto'), integer(1, 'A number of samples.')], { error: '"auto" or a whole number from 1' })
    .describe('Samples per session run; `auto`: as many as memory allows, at most 16.')
    .default('auto'),
  samples: z
    .union([z.literal('all'), integer(1, 'A number of samples.')], { error: '"all" or a whole number from 1' })
    .describe('Number of samples, from the first, or `all`.')
    .default('all'),
  stop: z
    .strictObject({
      confidence: z
        .number({ error: stopConfidence })
        .gte(0.5, { error: stopConfidence })
        .lt(1, { error: stopConfidence })
        .describe(
          'Stop a setting once a test with this confidence finds it worse than the best complete one; null: every trial sees all samples. Task classification only.',
        )
        .nullable()
        .default(null),
    })
    .prefault({})
    .meta({ title: 'Sequential stopping', description: 'Settings that are certainly not the best are stopped early.' }),
};

const schema = z
  .strictObject({
    calibration: sourceSchema(calibrationRole, 'Calibration data', 'Unlabelled samples that the ranges come from.'),
    evaluation: sourceSchema(evaluationRole, 'Evaluation data', 'Samples that accuracy and losses are measured on.'),
    preprocess: preprocessSchema.prefault({}),
  })
  .meta({ title: 'Data', description: 'Samples and their preprocessing.' });

type WrittenData = Immutable<z.output<typeof schema>>;

type OfRole<Role extends z.ZodRawShape> = Immutable<z.output<z.ZodObject<Role>>>;

export interface CalibrationSettings extends OfRole<typeof calibrationRole> {
  readonly source: DataSource;
}

export interface EvaluationSettings extends Omit<OfRole<typeof evaluationRole>, 'stop'> {
  readonly source: DataSource;
  /** When a candidate is stopped before it has seen all samples; absent: never. */
  readonly stop?: StopSettings;
}

/** A candidate is stopped once it is certainly not the best. */
export interface StopSettings {
  /**
   * Probability, 0.5 to below 1, with which a setting that is as good as the best complete one is
   * not stopped.
   */
  readonly confidence: number;
}

/** The section as trials have it: each source on a level of its own, its paths absolute. */
export interface DataSettings {
  readonly calibration: CalibrationSettings;
  readonly evaluation: EvaluationSettings;
  readonly preprocess: PreprocessSettings;
}

interface Written {
  readonly data: WrittenData;
  readonly task: FileTask;
  readonly layers: LayerSettings;
  readonly smoothing: SmoothingSettings;
}

const idle: readonly IdleRule<Written>[] = [
  {
    path: 'evaluation.stop.confidence',
    off: null,
    idleBeside: ({ layers, smoothing }) => {
      if (layers.sensitivity !== 'none') return `beside layers.sensitivity ${layers.sensitivity}`;
      return smoothing.mode === 'none' ? 'beside smoothing.mode none' : null;
    },
  },
];

const checkEvaluation: Check<Written> = ({ data, task }) => {
  const missing = lacksForTask(task.kind, data.evaluation);
  return missing === undefined ? null : { path: `evaluation.${missing.key}`, text: missing.text };
};

/**
 * The sequential test pairs samples that are right or wrong; the metrics of other tasks are not
 * made of such samples.
 */
const checkStop: Check<Written> = ({ data, task }) => {
  const { confidence } = data.evaluation.stop;
  if (confidence === null || countsSamples(task)) return null;
  const why = 'whose metric does not say of each sample whether it is right';
  return {
    path: 'evaluation.stop.confidence',
    text: `expected null beside task ${task.kind}, ${why}, got ${confidence}`,
  };
};

interface Trial {
  readonly calibration: CalibrationSettings | null;
  readonly evaluation: EvaluationSettings;
}

const columns: readonly Column<Trial>[] = [
  { name: 'calibration_batches', type: 'INTEGER', value: ({ calibration }) => calibration?.batches },
  { name: 'calibration_batch_size', type: 'INTEGER', value: ({ calibration }) => calibration?.batchSize },
  // The asked ones, until the trial is finished and tells the real ones; of evaluation and losses
  // too.
  {
    name: 'calibration_samples',
    type: 'INTEGER',
    value: ({ calibration }) => calibration && calibration.batches * calibration.batchSize,
  },
  { name: 'calibration_seed', type: 'INTEGER', value: ({ calibration }) => calibration?.sampleSeed },
  {
    name: 'evaluation_samples',
    type: 'INTEGER',
    value: ({ evaluation: { samples } }) => (samples === 'all' ? null : samples),
  },
];

export const dataSection = { schema, idle, checks: [checkEvaluation, checkStop], columns };

/** The fields of a role, without those of the source beside them. */
function ofRole<Role extends z.ZodRawShape>(role: Role, written: OfRole<Role>): OfRole<Role> {
  const own = Object.entries(written).filter(([key]) => key in role);
  return Object.fromEntries(own) as OfRole<Role>;
}

export function locateData({ calibration, evaluation, preprocess }: WrittenData, folder: string): DataSettings {
  const { stop, ...seen } = ofRole(evaluationRole, evaluation);
  return {
    calibration: { source: toDataSource(calibration, folder), ...ofRole(calibrationRole, calibration) },
    evaluation: {
      source: toDataSource(evaluation, folder),
      ...seen,
      // Absent where it is off: keys of trials without it are those of versions that did not know
      // it.
      ...(stop.confidence === null ? {} : { stop: { confidence: stop.confidence } }),
    },
    preprocess,
  };
}

/**
 * The evaluation of what is never stopped early: all but candidates. The same object where there is
 * no such setting.
 */
export function withoutStop(evaluation: EvaluationSettings): EvaluationSettings {
  const { stop, ...rest } = evaluation;
  return stop === undefined ? evaluation : rest;
}

/** Samples that ranges may come from. */
export function calibrationSampleCount({ calibration: { batchSize, batches } }: DataSettings): number {
  return batchSize * batches;
}

/** Samples that accuracy is measured on; Infinity for `all`, before they are counted. */
export function evaluationSampleCount({ evaluation: { samples } }: DataSettings): number {
  return samples === 'all' ? Infinity : samples;
}
