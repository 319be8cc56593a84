import { z } from 'zod';
import { mostRangeValues } from '../grid/decimal-range.js';
import { headerSchemas } from '../file/header-schema.js';
import { settingPaths } from './setting-paths.js';
import type { SettingPath } from './setting-paths.js';
import { rangesAllowed } from '../../schema/schema-leaves.js';
import { sectionSchemas } from './sections.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const range: JsonSchema = {
  title: 'Range',
  description: `from, from + step, ... up to and including to, as exact decimals; at most ${mostRangeValues} values.`,
  type: 'object',
  properties: { from: { type: 'number' }, to: { type: 'number' }, step: { type: 'number', exclusiveMinimum: 0 } },
  required: ['from', 'to', 'step'],
  additionalProperties: false,
};
const rangeReference: JsonSchema = { $ref: '#/definitions/range' };

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const converted = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      if (!rangesAllowed.has(zodSchema)) return;
      const { type, items, minItems } = jsonSchema;
      delete jsonSchema.type;
      delete jsonSchema.items;
      delete jsonSchema.minItems;
      jsonSchema.anyOf = [{ type, items, minItems } as JsonSchema, rangeReference];
    },
  });
  return Object.fromEntries(Object.entries(converted).filter(([key]) => key !== '$schema' && key !== '~standard'));
}

function valueSchema(setting: SettingPath): JsonSchema {
  const texts = new Map(setting.schemas.map((schema) => [JSON.stringify(toJsonSchema(schema)), toJsonSchema(schema)]));
  // A default belongs to the setting, not to a value of an axis.
  const values = [...texts.values()].map((value) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'default')),
  );
  return values.length === 1 ? values[0]! : { anyOf: values };
}

function isNumeric(value: JsonSchema): boolean {
  return value.type === 'number' || value.type === 'integer' || (value.anyOf ?? []).some((option) => isNumeric(option));
}

/** One value, several, or a range; for a setting that is itself a list, a list of such lists. */
function axisSchema(setting: SettingPath): JsonSchema {
  const { description, ...value } = valueSchema(setting);
  const isRange = !setting.holdsList && isNumeric(value);
  const several: JsonSchema = {
    type: 'array',
    minItems: 1,
    items: isRange ? { anyOf: [value, rangeReference] } : value,
  };
  const single = setting.holdsList ? [] : [value];
  const options = [...single, several, ...(isRange || setting.allowsRange ? [rangeReference] : [])];
  return { ...(description === undefined ? {} : { description }), anyOf: options };
}

const reference = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });
const oneOrMore = (name: string): JsonSchema => ({
  anyOf: [reference(name), { type: 'array', minItems: 1, items: reference(name) }],
});

/** A mapping of setting paths to axes. */
function axesSchema(more: Record<string, JsonSchema> = {}): JsonSchema {
  const properties = Object.fromEntries([...settingPaths.keys()].map((path) => [path, reference(path)]));
  return { type: 'object', minProperties: 1, properties: { ...properties, ...more }, additionalProperties: false };
}

/**
 * The JSON Schema (draft 7, as yaml-language-server reads it) of an experiment file, with titles,
 * descriptions, defaults and every axis path of the grid, so that editors complete and check.
 * Looser than loading: what depends on several settings is checked only there.
 */
export function experimentJsonSchema(): JsonSchema {
  const header = Object.fromEntries(
    Object.entries(headerSchemas).map(([name, schema]) => [name, toJsonSchema(schema)]),
  );
  const sections = Object.fromEntries(
    Object.entries(sectionSchemas).map(([name, schema]) => [name, toJsonSchema(schema)]),
  );
  const task = sections['task']!;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'quantsweep experiment',
    description: 'A sweep over settings of post-training quantization of an ONNX model. See docs/EXPERIMENTS.md.',
    type: 'object',
    properties: {
      ...header,
      ...sections,
      task: {
        title: task.title,
        description: task.description,
        anyOf: [{ type: 'string', enum: settingPaths.get('task.kind')!.schemas.flatMap(literalsOf) }, task],
      } as JsonSchema,
      grid: {
        title: 'Grid',
        description: 'Blocks: each the product of its axes; the grid is their union.',
        ...oneOrMore('block'),
      },
      exclude: {
        title: 'Exclude',
        description: 'Rules: a trial of the grid that has one of the values of every setting of a rule is dropped.',
        type: 'array',
        items: reference('rule'),
      },
    },
    required: ['model', 'data', 'task', 'grid'],
    additionalProperties: false,
    definitions: {
      range,
      ...Object.fromEntries([...settingPaths.values()].map((setting) => [setting.path, axisSchema(setting)])),
      zip: { description: 'Lists of equal length that move together.', ...axesSchema() },
      rule: axesSchema(),
      block: axesSchema({ zip: { description: 'Axes that move together.', ...oneOrMore('zip') } }),
    },
  };
}

function literalsOf(schema: z.ZodType): readonly string[] {
  return schema instanceof z.ZodLiteral ? [...schema.values].map(String) : [];
}
