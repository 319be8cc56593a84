import { z } from 'zod';
import { furtherInputs } from '../../formats/input-schema.js';
import { formatNames, formats, retiredFormats, type FormatName } from '../../formats/registry.js';
import { addedLater, listOf, oneOf, positive, retiredChoices } from '../../schema/schema-leaves.js';

/** Settings of a source of one format, beside those of its role. */
type SourceObject<Name extends FormatName, Role extends z.ZodRawShape> = z.ZodObject<
  { format: z.ZodLiteral<Name> } & (typeof formats)[Name]['settings'] & typeof furtherInputs & Role,
  z.core.$strict
>;

type AnySourceObject<Role extends z.ZodRawShape> = { [Name in FormatName]: SourceObject<Name, Role> }[FormatName];

/** The data of one role: a source of any format, flattened beside the fields of the role. */
export function sourceSchema<Role extends z.ZodRawShape>(role: Role, title: string, description: string) {
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

export const preprocessSchema = z
  .strictObject({
    layout: oneOf(
      ['channelsFirst', 'channelsLast'],
      'Axis order of the stored samples. Images and WAV files have their own.',
    ).default('channelsFirst'),
    feed: addedLater(
      oneOf(
        ['channelsFirst', 'channelsLast'],
        "Axis order of the model's input. channelsLast: `[N, H, W, C]`, as in models from TensorFlow and Keras.",
      ),
      'channelsFirst',
    ),
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
