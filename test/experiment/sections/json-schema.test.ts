import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { experimentJsonSchema } from '../../../src/experiment/sections/json-schema.js';
import { settingPaths } from '../../../src/experiment/sections/setting-paths.js';

const path = fileURLToPath(new URL('../../../experiments/quantsweep.schema.json', import.meta.url));

/**
 * Rewrites the committed schema:
 * `UPDATE_SCHEMA=1 npx vitest run test/experiment/sections/json-schema.test.ts`.
 */
const isUpdate = process.env['UPDATE_SCHEMA'] === '1';

describe('the JSON Schema', () => {
  const schema = experimentJsonSchema();

  it('is the committed one', () => {
    const text = `${JSON.stringify(schema, null, 1)}\n`;
    if (isUpdate) writeFileSync(path, text);
    expect(readFileSync(path, 'utf8') === text, 'run UPDATE_SCHEMA=1 npx vitest run test/experiment').toBe(true);
  });

  it('requires what has no default', () => {
    expect(schema.required).toEqual(['model', 'data', 'task', 'grid']);
  });

  it('completes every axis path in a block', () => {
    const block = schema['definitions'] as Record<string, { properties?: object }>;
    expect(Object.keys(block['block']!.properties!)).toEqual([...settingPaths.keys(), 'zip']);
  });

  it('describes an axis as a value, several values or a range', () => {
    const definitions = schema['definitions'] as Record<string, unknown>;
    const alpha = {
      anyOf: [
        { type: 'string', const: 'auto' },
        { type: 'number', minimum: 0, maximum: 1 },
      ],
    };
    const range = { $ref: '#/definitions/range' };
    expect(definitions['smoothing.alpha']).toEqual({
      description:
        "Migration strength; `auto`: the candidate whose output is closest to FP32's. Used by `static` only.",
      anyOf: [alpha, { type: 'array', minItems: 1, items: { anyOf: [alpha, range] } }, range],
    });
  });

  it('has a description for every setting, and every default', () => {
    const definitions = schema['definitions'] as Record<string, { description?: string }>;
    const describedInside = (path_: string): boolean => JSON.stringify(definitions[path_]).includes('"description"');
    expect([...settingPaths.keys()].filter((setting) => !describedInside(setting))).toEqual([]);
    expect(JSON.stringify(schema.properties!['smoothing'])).toContain('"default":0.5');
  });

  it('points at nothing that is missing', () => {
    const names = Object.keys(schema['definitions'] as object).map((name) => `#/definitions/${name}`);
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)].map(([, name]) => name);
    expect(references.filter((name) => !names.includes(name!))).toEqual([]);
  });
});
