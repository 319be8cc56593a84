import { z } from 'zod';
import { headKinds, heads, type HeadKind } from './registry.js';

type HeadObject<Kind extends HeadKind> = (typeof heads)[Kind]['settings'] extends infer Shape extends z.ZodRawShape
  ? z.ZodObject<{ kind: z.ZodLiteral<Kind> } & Shape, z.core.$strict>
  : never;

const headOptions = headKinds.map((kind) =>
  z.strictObject({ kind: z.literal(kind).describe(heads[kind].description), ...heads[kind].settings }),
) as unknown as readonly [{ [Kind in HeadKind]: HeadObject<Kind> }[HeadKind]];

/** `task.head`: one of the heads of the registry, by its kind. */
export const headSchema = z
  .discriminatedUnion('kind', headOptions)
  .meta({ title: 'Head', description: 'The form in which the model gives boxes.' });
