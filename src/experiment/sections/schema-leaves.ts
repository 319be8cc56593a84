import { z } from 'zod';

/** Leaves that name a file: relative to the experiment file, or to the current folder when given by `--set`. */
export const filePaths = z.registry<{ readonly kind: 'file' }>();

/** List settings whose value may also be written as a range `{from, to, step}`; the range is expanded before validation. */
export const rangesAllowed = z.registry<{ readonly kind: 'range' }>();

/**
 * Settings that came after content keys were first stored, with the value that means what trials without them did. At
 * that value they are left out of a trial's settings, so that its keys stay what they were.
 */
export const leftOut = z.registry<{ readonly at: unknown }>();

// The `error` of a leaf is what is expected there: "expected <error>, got <value>".

export function integer(least: number, description: string) {
  const error = least === 0 ? 'a whole number from 0' : `a whole number from ${least}`;
  return z.int({ error }).min(least, { error }).describe(description);
}

export function fraction(expected: string) {
  return z.number({ error: expected }).min(0, { error: expected }).max(1, { error: expected });
}

export function positive(description: string) {
  const error = 'a number above 0';
  return z.number({ error }).gt(0, { error }).describe(description);
}

export function text(expected: string, description: string) {
  return z.string({ error: expected }).min(1, { error: expected }).describe(description);
}

export function file(expected: string, description: string) {
  return text(expected, description).register(filePaths, { kind: 'file' });
}

export function listOf<Item extends z.ZodType>(item: Item, expected: string, description: string) {
  return z.array(item, { error: expected }).min(1, { error: expected }).describe(description);
}

/** A setting of {@link leftOut}: code that reads it sees undefined for the default. */
export function addedLater<Value, Input>(leaf: z.ZodType<Value, Input>, byDefault: z.util.NoUndefined<Value>) {
  const schema = leaf.default(byDefault).register(leftOut, { at: byDefault });
  return schema as unknown as z.ZodType<Value | undefined, Input | undefined>;
}

export function flag(description: string) {
  return z.boolean({ error: 'true or false' }).describe(description);
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values, description: string) {
  return z.enum(values).describe(description);
}

/** Bits of a quantizer; the description follows. */
export const quantizerBits = z
  .int({ error: '2 to 8, or 16' })
  .refine((value) => (value >= 2 && value <= 8) || value === 16, { error: '2 to 8, or 16' });
/** One of the names that a registry holds, each told by its own description. */
export function oneDefined<Name extends string>(
  names: readonly [Name, ...Name[]],
  definitions: Readonly<Record<Name, { readonly description: string }>>,
  about: string,
) {
  return z.enum(names).describe(`${about}: ${describeEach(names, definitions)}.`);
}

/** `` `max`: the range holds every value; `mse`: ... `` */
function describeEach<Name extends string>(
  names: readonly Name[],
  definitions: Readonly<Record<Name, { readonly description: string }>>,
): string {
  return names.map((name) => `\`${name}\`: ${definitions[name].description}`).join('; ');
}
