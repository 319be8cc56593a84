import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../src/quantize/glob.js';

describe('compileGlob', () => {
  it.each([
    ['*', '', true],
    ['*', 'a\nb', true],
    ['', '', true],
    ['', 'a', false],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*', 'abc', true],
    ['*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['*b*', 'abc', true],
    ['*b*b*', 'abc', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*.conv?', 'block.1.conv2', true],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['**', 'x', true],
  ])('%j on %j is %s', (glob, name, matches) => {
    expect(compileGlob(glob).test(name)).toBe(matches);
  });

  it('does not try all combinations of many asterisks: found by fuzzing, a regular expression never ended', () => {
    expect(compileGlob(`${'*a'.repeat(3000)}b`).test('a'.repeat(10_000))).toBe(false);
  });
});
