import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { comment, flowYaml } from '../../src/guess/yaml-text.js';

it.each([
  [['a b.onnx', 'no', 'true', '1e3', '#x', ' a', 'a ', 'a: b', "it's", 'a\nb', 'ü', '-', '~']],
  [{ 'smoothing.alpha': { from: 0.1, to: 0.9 }, '255': 1, none: null, on: [] }],
])('YAML reads back %j', (value) => {
  expect(parse(flowYaml(value))).toEqual(value);
});

it('comments hold names that would end the line', () => {
  expect(comment('a\nmodel: b')).toEqual(['# a model: b']);
  expect(Math.max(...comment('word '.repeat(60), '  ').map((line) => line.length))).toBeLessThanOrEqual(100);
});
