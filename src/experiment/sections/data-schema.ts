import { z } from 'zod';
import { furtherInputs } from '../../formats/input-schema.js';
import { formatNames, formats, retiredFormats, type FormatName } from '../../formats/registry.js';
import { integer, listOf, oneOf, positive, retiredChoices } from '../../schema/schema-leaves.js';

/** Settings of a source of one format, beside those of its role. */
type SourceObject<Name extends FormatName, Role extends z.ZodRawShape> = z.ZodObject<
  { format: z.ZodLiteral<Name> } & (typeof formats)[Name]['settings'] & typeof furtherInputs & Role,
  z.core.$strict
>;

type AnySourceObject<Role extends z.ZodRawShape> = { [Name in FormatName]: SourceObject<Name, Role> }[FormatName];

/** The data of one role: a source of any format, flattened beside the fields of the role. */
function dataSchema<Role extends z.ZodRawShape>(role: Role, title: string, description: string) {
  const options = formatNames.map((name) =>
    z.strictObject({
      format: z.literal(name).describe(formats[name].description),
      ...formats[name].settings,
      ...furtherInputs,
      ...role,
    }),
  ) as unknown as readonly [AnySourceObject<Role>];
  return z
    .discriminatedUnion('format', options)
    .meta({ title, description })
    .register(retiredChoices, { advice: retiredFormats });
}

const channelNumbers = 'a list of numbers, one per channel';
const deviations = 'a list of numbers other than 0, one per channel';

const preprocessSchema = z
  .strictObject({
    layout: oneOf(
      ['channelsFirst', 'channelsLast'],
      'Axis order of the stored samples; the model is fed channels first.',
    ).default('channelsFirst'),
    channelOrder: oneOf(['keep', 'reverse'], '`reverse` turns RGB into BGR and back.').default('keep'),
    divideBy: positive('Every value is divided by this first (255 for bytes).').default(1),
    mean: listOf(
      z.number({ error: 'a number' }),
      channelNumbers,
      'Subtracted after the division, per channel; null: nothing.',
    )
      .nullable()
      .default(null),
    std: listOf(
      z.number({ error: 'a number other than 0' }).refine((value) => value !== 0, { error: 'a number other than 0' }),
      deviations,
      'Divided by after the mean, per channel; null: nothing.',
    )
      .nullable()
      .default(null),
  })
  .superRefine(({ mean, std }, context) => {
    if (mean !== null && std !== null && mean.length !== std.length)
      context.addIssue({ code: 'custom', path: ['std'], message: `as many numbers as mean has (${mean.length})` });
  })
  .meta({ title: 'Preprocessing', description: '((value / divideBy) - mean) / std, in float32.' });

const calibrationRole = {
  batchSize: integer(1, 'Samples of one calibration batch.').default(4),
  batches: integer(1, 'Calibration size: the first `batches * batchSize` samples.').default(200),
  sampleSeed: integer(0, 'Seed of a random order of the samples, of which the first are taken; null: as they lie.')
    .nullable()
    .default(null),
};

const stopConfidence = 'a number from 0.5, below 1, or null';

const evaluationRole = {
  batchSize: z
    .union([z.literal('auto'), integer(1, 'A number of samples.')], { error: '"auto" or a whole number from 1' })
    .describe('Samples of one run of the session, or `auto`: as many as memory allows, 16 at most.')
    .default('auto'),
  samples: z
    .union([z.literal('all'), integer(1, 'A number of samples.')], { error: '"all" or a whole number from 1' })
    .describe('The first so many samples, or `all`.')
    .default('all'),
  stop: z
    .strictObject({
      confidence: z
        .number({ error: stopConfidence })
        .gte(0.5, { error: stopConfidence })
        .lt(1, { error: stopConfidence })
        .describe(
          'A setting is stopped once it is worse than the best complete one, by a test that is right with this probability; null: every trial sees all samples. Task classification only.',
        )
        .nullable()
        .default(null),
    })
    .prefault({})
    .meta({ title: 'Sequential stopping', description: 'Settings that are certainly not the best are stopped early.' }),
};

/** The `data` section. */
export const dataSectionSchema = z
  .strictObject({
    calibration: dataSchema(calibrationRole, 'Calibration data', 'Unlabelled samples that the ranges come from.'),
    evaluation: dataSchema(evaluationRole, 'Evaluation data', 'Samples that accuracy and losses are measured on.'),
    preprocess: preprocessSchema.prefault({}),
  })
  .meta({ title: 'Data', description: 'Samples and their preprocessing.' });
