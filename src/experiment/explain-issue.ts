import { z } from 'zod';
import { describeValue } from './experiment-error.js';
import type { Place, Problem } from './experiment-error.js';
import { entryOf, nodeAt, placeOf, toPlain } from './file/located-node.js';
import type { LocatedNode } from './file/located-node.js';
import { retiredChoices } from '../schema/schema-leaves.js';
import { didYouMean } from '../text/nearest-name.js';
import { unwrapSchema } from './sections/setting-paths.js';

/** A value that a schema refused, and how it is called in messages. */
export interface RefusedValue {
  /** Dotted path of the value, e.g. `smoothing`. */
  readonly field: string;
  readonly schema: z.ZodType;
  /** The value; undefined where it is missing. */
  readonly node: LocatedNode | undefined;
  /** Where the mapping around the value was written: blamed for what is missing. */
  readonly around: Place;
}

/** The schema at a path, choosing the option of a union that the value itself names. */
function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): z.core.$ZodType | undefined {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const tag = inner.def.discriminator;
    const named = (value as Record<string, unknown> | undefined)?.[tag];
    const option = inner.options.find((candidate) => {
      const literal: unknown = (candidate as z.ZodObject).shape[tag];
      return literal instanceof z.ZodLiteral && literal.values.has(named as string);
    });
    return option === undefined ? inner : schemaAt(option, path, value);
  }
  const [segment, ...rest] = path;
  if (segment === undefined) return inner;
  if (inner instanceof z.ZodArray) return schemaAt(inner.element, rest, undefined);
  if (inner instanceof z.ZodRecord)
    return schemaAt(inner.valueType, rest, (value as Record<string, unknown> | undefined)?.[String(segment)]);
  if (!(inner instanceof z.ZodObject)) return undefined;
  const child = (inner.shape as Record<string, z.ZodType>)[String(segment)];
  return child && schemaAt(child, rest, (value as Record<string, unknown> | undefined)?.[String(segment)]);
}

function keysOf(schema: z.core.$ZodType | undefined): readonly string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodDiscriminatedUnion)
    return [...new Set(schema.options.flatMap((option) => keysOf(option as z.ZodType)))];
  return [];
}

/** Those that every choice has: what must be there before it is known what else may. */
function sharedKeys(schema: z.ZodDiscriminatedUnion): readonly string[] {
  const [first = [], ...others] = schema.options.map((option) => keysOf(option));
  return first.filter((key) => others.every((keys) => keys.includes(key)));
}

function listOr(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`;
}

function expectChoice(choices: readonly unknown[], value: unknown): string {
  const expected = listOr(choices.map(describeValue));
  const hint = typeof value === 'string' ? didYouMean(value, choices.map(String)) : '';
  return `expected ${expected}, got ${describeValue(value)}${hint}`;
}

/** What to write instead of a choice that is no more; empty for any other value. */
function retiredAdvice(schema: z.core.$ZodType | undefined, value: string): string {
  const advice = schema === undefined ? undefined : retiredChoices.get(schema as z.ZodType)?.advice[value];
  return advice === undefined ? '' : `. ${advice}`;
}

function expectKind(schema: z.core.$ZodType | undefined, message: string): string {
  const keys = schema instanceof z.ZodDiscriminatedUnion ? sharedKeys(schema) : keysOf(schema);
  if (keys.length > 0) return `a mapping with ${keys.join(', ')}`;
  if (schema instanceof z.ZodEnum) return listOr(schema.options.map(describeValue));
  if (schema instanceof z.ZodLiteral) return listOr([...schema.values].map(describeValue));
  // Leaves carry their expectation as the message.
  return message;
}

/** YAML reads `2026.10` as a number: what to do where text was meant. */
function asText(schema: z.core.$ZodType | undefined, value: unknown): string {
  const isRead = typeof value === 'number' || typeof value === 'boolean';
  return isRead && schema instanceof z.ZodString ? `, which YAML reads as a ${typeof value}; put text in quotes` : '';
}

/**
 * More than a message tells: each is explained from the whole value, which for thousands takes
 * minutes.
 */
const MOST_ISSUES = 50;

/** The first issues of a value, explained. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], refused: RefusedValue): readonly Problem[] {
  return issues.slice(0, MOST_ISSUES).flatMap((issue) => explainIssue(issue, refused));
}

/** Turns one zod issue into what was expected, what came, and where each was written. */
function explainIssue(issue: z.core.$ZodIssue, refused: RefusedValue): readonly Problem[] {
  const { field, node, around } = refused;
  const name = issue.path.reduce<string>(
    (path, segment) => (typeof segment === 'number' ? `${path}[${segment}]` : `${path}.${String(segment)}`),
    field,
  );
  const place = node === undefined ? around : placeOf(node, issue.path);
  const plain = node === undefined ? undefined : toPlain(node);
  const found = node === undefined ? undefined : nodeAt(node, issue.path);
  const value = found === undefined ? undefined : toPlain(found);
  const schema = schemaAt(refused.schema, issue.path, plain);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const keys = keysOf(schema);
      return issue.keys.slice(0, MOST_ISSUES).map((key) => ({
        place: entryOf(found, key)?.keyPlace ?? place,
        field: `${name}.${key}`,
        text: `expected a key of ${name} (${keys.join(', ')}), got "${key}"${didYouMean(key, keys)}`,
      }));
    }
    case 'invalid_union':
      if ('options' in issue && Array.isArray(issue.options)) {
        const advice = typeof value === 'string' ? retiredAdvice(schema, value) : '';
        return [{ place, field: name, text: `${expectChoice(issue.options, value)}${advice}` }];
      }
      return [{ place, field: name, text: `expected ${issue.message}, got ${describeValue(value)}` }];
    case 'invalid_value':
      return [{ place, field: name, text: expectChoice(issue.values, value) }];
    case 'invalid_type':
      return [
        {
          place,
          field: name,
          text: `expected ${expectKind(schema, issue.message)}, got ${describeValue(value)}${asText(schema, value)}`,
        },
      ];
    case 'custom':
    case 'too_big':
    case 'too_small':
    case 'not_multiple_of':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_element':
      return [{ place, field: name, text: `expected ${issue.message}, got ${describeValue(value)}` }];
  }
}
