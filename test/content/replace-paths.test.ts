import fc from 'fast-check';
import { expect, it } from 'vitest';
import { replacePaths } from '../../src/content/replace-paths.js';

it('replaces every text that is a path, at any depth, and nothing else', () => {
  const by = new Map([['/data/a.npy', 'content:1']]);
  const job = {
    model: '/data/a.npy',
    list: ['/data/a.npy', '/data/a.npy.bak', null, 1],
    deep: { path: '/data/a.npy' },
  };
  expect(replacePaths(job, by)).toEqual({
    model: 'content:1',
    list: ['content:1', '/data/a.npy.bak', null, 1],
    deep: { path: 'content:1' },
  });
  expect(job.model).toBe('/data/a.npy');
});

it('passes maps and typed arrays through as they are', () => {
  const [alphas, argmax] = [new Map([['layer', 0.5]]), Int32Array.of(1, 2)];
  const replaced = replacePaths({ alphas, argmax }, new Map());
  expect(replaced.alphas).toBe(alphas);
  expect(replaced.argmax).toBe(argmax);
});

it('copies any plain JSON, also with keys that objects have of themselves', () => {
  const value = JSON.parse('{"__proto__": {"constructor": ["x"]}, "toString": "x"}') as object;
  expect(JSON.stringify(replacePaths(value, new Map([['x', 'y']])))).toBe(
    '{"__proto__":{"constructor":["y"]},"toString":"y"}',
  );
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      expect(replacePaths(json, new Map())).toEqual(json);
    }),
  );
});

it('there and back gives the same', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), (paths) => {
      const tokens = new Map(paths.map((path, index) => [path, `content:${index}`]));
      const back = new Map([...tokens].map(([path, token]) => [token, path]));
      fc.pre(paths.every((path) => !back.has(path)));
      expect(replacePaths(replacePaths(paths, tokens), back)).toEqual(paths);
    }),
  );
});
