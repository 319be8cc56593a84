import { describe, expect, it } from 'vitest';

import { openDataset } from '../../../src/formats/open-dataset.js';
import type { JsonObject } from '../../../src/schema/json-value.js';
import { AS_STORED, temporaryFolder } from '../write-files.js';

const SOUND = `
export default async ({ options }) => ({
  sampleShape: [2, 1],
  sampleCount: 3,
  labels: [2, 0, 1],
  groundTruth: { classes: ['car'], grid: [2, 2], scenes: [{ objects: [] }, { objects: [] }, { objects: [] }] },
  async read(first, count) {
    return Float32Array.from({ length: count * 2 }, (_, index) => options.factor * (first * 2 + index));
  },
});`;

function open(code: string, options: JsonObject = { factor: 10 }) {
  const path = temporaryFolder()('data.mjs', code);
  return openDataset({ format: 'module', path, options }, { ...AS_STORED, mean: [1, 2] });
}

/** The sound module with one field replaced. */
const withField = (field: string): string => SOUND.replace('});', `  ${field},\n});`);

describe('a dataset module', () => {
  it('gives samples, which are preprocessed, labels and ground truth', async () => {
    const dataset = await open(SOUND);
    expect([dataset.sampleCount, dataset.sampleShape, [...dataset.labels!]]).toEqual([3, [2, 1], [2, 0, 1]]);
    expect(dataset.groundTruth!.scenes).toHaveLength(3);
    const into = new Float32Array(4);
    await dataset.read(1, 2, into);
    expect([...into]).toEqual([19, 28, 39, 48]);
    dataset.close();
  });

  it.each([
    ['no default export', 'export const x = 1;', 'a default export is a function, got no default export'],
    ['a syntax error', 'export default (', 'Expected an ES module that can be imported, got '],
    [
      'an exception',
      'export default () => { throw new Error("no disk"); };',
      'the default export of the module to work, got Error: no disk',
    ],
    ['nothing', 'export default () => null;', 'Expected a dataset object, got null'],
    [
      'a bad shape',
      withField('sampleShape: [2, 0]'),
      'sampleShape, a list of whole numbers from 1, got a value of type array',
    ],
    ['a bad number', withField('sampleCount: 1.5'), 'Expected sampleCount, a whole number from 1, got 1.5'],
    ['no read', withField('read: 5'), 'Expected read, a function, got 5'],
    ['too few labels', withField('labels: [1]'), 'Expected labels, 3 numbers or nothing'],
    [
      'a negative label',
      withField('labels: Int32Array.of(0, -1, 0)'),
      'Expected labels[1] to be a whole number from 0, got -1',
    ],
    [
      'ground truth of another size',
      withField('groundTruth: { classes: ["a"], grid: [1, 1], scenes: [] }'),
      'Expected 3 scenes',
    ],
  ])('is refused with %s', async (_, code, message) => {
    const expected = message.replace('a default export is', 'an ES module whose default export is');
    await expect(open(code)).rejects.toThrow(expected);
  });

  it.each([
    ['another size', 'return new Float32Array(3)', 'read(0, 2) to give a Float32Array of 4 numbers, got 3'],
    ['a plain list', 'return [1, 2, 3, 4]', 'got a value of type array'],
    ['NaN', 'return Float32Array.of(1, 2, NaN, 4)', 'got NaN in sample 1 after preprocessing'],
    ['an exception', 'throw new RangeError("beyond")', 'read of the module to work, got RangeError: beyond'],
  ])('fails a read with %s', async (_, body, message) => {
    const dataset = await open(withField(`read() { ${body}; }`));
    await expect(Promise.resolve(dataset.read(0, 2, new Float32Array(4)))).rejects.toThrow(message);
  });

  it('that is not there is named like any missing file', async () => {
    const source = { format: 'module', path: '/nowhere/data.mjs', options: {} } as const;
    await expect(openDataset(source, AS_STORED)).rejects.toThrow('got ENOENT (/nowhere/data.mjs)');
  });

  it('may name its samples and say where pictures lie in them', async () => {
    const dataset = await open(
      withField(`names: ['a.jpg', 'b/c.jpg', 'd.jpg'],
  origins: async (first, count) => Array.from({ length: count }, (_, index) => first + index === 1 ? {} :
    { size: [40, 90], placement: { scaleX: 0.5, scaleY: 0.25, left: -1, top: 3 } })`),
    );
    expect(dataset.names).toEqual(['a.jpg', 'b/c.jpg', 'd.jpg']);
    const placement = { scaleX: 0.5, scaleY: 0.25, left: -1, top: 3 };
    expect(await dataset.origins!(1, 2)).toEqual([
      { name: 'b/c.jpg', size: null, placement: null },
      { name: 'd.jpg', size: [40, 90], placement },
    ]);
    const named = await open(withField("names: ['a', 'b', 'c']"));
    expect(await named.origins!(2, 1)).toEqual([{ name: 'c', size: null, placement: null }]);
    const plain = await open(SOUND);
    expect('names' in plain || 'origins' in plain).toBe(false);
  });

  it.each([
    ["names: ['a', 'b']", 'Expected names, a list of 3 texts or nothing, got a value of type array'],
    ["names: ['a', '', 'c']", 'Expected names[1] to be a text, got ""'],
    ["names: ['a', 'b', 'a']", 'Expected names[2] to be another than those before, got "a"'],
    ['origins: []', 'Expected origins, a function or nothing, got a value of type array'],
  ])('is refused with %s', async (field, message) => {
    await expect(open(withField(field))).rejects.toThrow(message);
  });

  it.each([
    ['[{}]', 'Expected origins(0, 2) to give a list of 2, got a value of type array'],
    ['[{}, null]', 'Expected an origin of sample 1, an object, got null'],
    ['[{ size: [4] }, {}]', 'Expected size of sample 0, [height, width] in pixels or nothing'],
    [
      '[{}, { placement: { scaleX: 1, scaleY: 0, left: 0, top: 0 } }]',
      'placement.scaleY of sample 1, a number above 0',
    ],
    [
      '[{}, { placement: { scaleX: 1, scaleY: 1, left: NaN, top: 0 } }]',
      'placement.left of sample 1, a number, got NaN',
    ],
  ])('that gives origins %s is refused when asked', async (given, message) => {
    const dataset = await open(withField(`origins: () => ${given}`));
    await expect(dataset.origins!(0, 2)).rejects.toThrow(message);
  });

  it('gets sharp; other packages it brings itself', async () => {
    const drawing = (name: string): string => `export default async ({ load }) => {
  const sharp = await load('${name}');
  return {
    sampleShape: [2, 2],
    sampleCount: 1,
    read: async () => Float32Array.from(
      await sharp({ create: { width: 2, height: 2, channels: 3, background: '#070707' } }).extractChannel(0).raw().toBuffer(),
    ),
  };
};`;
    const path = temporaryFolder()('data.mjs', drawing('sharp'));
    const dataset = await openDataset({ format: 'module', path, options: {} }, AS_STORED);
    const into = new Float32Array(4);
    await dataset.read(0, 1, into);
    expect([...into]).toEqual([7, 7, 7, 7]);
    await expect(open(drawing('zod'))).rejects.toThrow('got DatasetError: Expected one of sharp, got zod');
  });
});
