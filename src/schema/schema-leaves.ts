import { z } from 'zod';
import type { JsonObject } from './json-value.js';

/**
 * Leaves that name a file: relative to the experiment file, or to the current folder when given by
 * `--set`.
 */
export const filePaths = z.registry<{ readonly kind: 'file' }>();

/**
 * List settings whose value may also be written as a range `{from, to, step}`; the range is
 * expanded before validation.
 */
export const rangesAllowed = z.registry<{ readonly kind: 'range' }>();

/** Unions of which some choices are no more: what to write instead of each. */
export const retiredChoices = z.registry<{ readonly advice: Readonly<Record<string, string>> }>();

/**
 * Settings that came after content keys were first stored, with the value that means what trials
 * without them did. At that value they are left out of a trial's settings, so that its keys stay
 * what they were.
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

/**
 * A setting of {@link leftOut}. It has its default in the file's settings, and is absent with it in
 * a trial's. For the next setting, as `npm run house` adds one.
 *
 * @public
 */
export function addedLater<Leaf extends z.ZodType>(leaf: Leaf, byDefault: z.util.NoUndefined<z.output<Leaf>>) {
  const schema = leaf.default(byDefault);
  leftOut.add(schema, { at: byDefault });
  // Code that reads the setting of a trial must be ready for its absence.
  return schema as unknown as z.ZodOptional<Leaf>;
}

/**
 * A mapping all of whose settings are {@link addedLater}: a trial with their defaults lacks it.
 */
export function optionalSection<Section extends z.ZodType>(section: Section) {
  return section as unknown as z.ZodOptional<Section>;
}

export function flag(description: string) {
  return z.boolean({ error: 'true or false' }).describe(description);
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values, description: string) {
  return z.enum(values).describe(description);
}

/** What is handed to code of the user's own. */
export function options() {
  const error = 'a mapping with finite numbers, text, true, false, null, lists and mappings';
  const values: z.ZodType<JsonObject> = z
    .record(z.string(), z.unknown(), { error })
    .refine((value): value is JsonObject => holdsFiniteNumbers(value), { error });
  return values.describe('Passed to the module unchanged.').default({});
}

/** YAML has NaN and infinities, JSON and so content keys have not. */
function holdsFiniteNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(holdsFiniteNumbers);
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
  const each = names.map((name) => `\`${name}\`: ${definitions[name].description}`);
  return z.enum(names).describe(`${about}: ${each.join('; ')}.`);
}
