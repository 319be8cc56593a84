/** What fuzzing found in the reader of experiments (test/fuzz), each as small as it gets. */
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/text/printable.js';
import { findYamlExcess } from '../../src/experiment/file/find-yaml-excess.js';
import { toPlain } from '../../src/experiment/file/located-node.js';
import { readYaml } from '../../src/experiment/file/read-yaml.js';
import { base, problemsOf, withBase } from './load-text.js';

const grid = 'grid: { smoothing.alpha: 0.5 }\n';

describe('experiments that would take long, or much memory, are refused soon', () => {
  it.each([
    ['brackets', `x: ${'['.repeat(400_000)}`],
    ['brackets that close', `x: ${'['.repeat(3000)}${']'.repeat(3000)}`],
    ['braces', `x: ${'{a: '.repeat(100_000)}`],
    ['lists in a line', `x:\n  ${'- '.repeat(400_000)}1`],
    ['keys of keys', '? '.repeat(100_000)],
    ['levels of indentation', Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('by the depth of their nesting: %s', (_, text) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(/: expected at most 32 levels of nesting, got more$/)]);
  });

  it('by their size', () => {
    expect(problemsOf(`#${'x'.repeat(10_000_000)}`)[0]).toMatch(/at most 1000000 bytes, got 10000001$/);
  });

  it('by what their aliases would grow to', () => {
    const lines = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(problemsOf(`a0: &a0 [x, x]\n${lines.join('\n')}`)).toHaveLength(1);
  });

  it.each([
    ['of numbers', `a:\nb: [${'1,'.repeat(499_000)}1]`],
    ['of nothing', `a:\nb:\n${'-\n'.repeat(400_000)}`],
    ['of aliases', `a: &a 1\nb: [${'*a,'.repeat(300_000)}]`],
    ['of keys', `a:\n${Array.from({ length: 110_000 }, (_, i) => `k${i.toString(36)}:`).join('\n')}`],
  ])('by the number of their values: %s', (_, text) => {
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^a\.yaml:\d+:\d+: expected at most 100000 values, got more$/),
    ]);
  });

  it('with the line and the column at which it became too much', () => {
    expect(problemsOf(`a: 1\n\nb: ${'['.repeat(40)}`)).toEqual([
      'a.yaml:3:36: expected at most 32 levels of nesting, got more',
    ]);
  });

  it('by the number of their aliases', () => {
    expect(problemsOf(`a: &a 1\nb: [${'*a,'.repeat(50_000)}]`)[0]).toMatch(/expected at most 1000 aliases, got more$/);
  });

  it('of thousands of problems tell the first', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => `  key${i}: 1`).join('\n');
    const problems = problemsOf(withBase(`${grid}search:\n${keys}\n`));
    expect(problems.length).toBeLessThanOrEqual(31);
    expect(problems.at(-1)).toMatch(/^\.\.\. and \d+ more$/);
  });

  it('of long or dangerous names tell them cut, and printable', () => {
    const [problem] = problemsOf(`${base}${grid}"\x1b[2J${'k'.repeat(900)}": 1\n`.replace('\x1b', '\\x1b'));
    expect(problem!.length).toBeLessThan(1400);
    expect(problem).not.toContain('\x1b');
    expect(problem).toContain('\\u001b[2J');
  });
});

describe('an alias', () => {
  it('stands for the last anchor of its name before it, also where it is reached by another alias', () => {
    const text = `${withBase('')}grid:
  - smoothing.alpha: [&x 0.25]
  - smoothing.alpha: &y [*x]
  - smoothing.alpha: [&x 0.75]
  - smoothing.alpha: *y
  - smoothing.alpha: [*x]
`;
    const alphas = readYaml(text, { kind: 'option', option: 'o' });
    expect(JSON.stringify(toPlain(alphas))).toContain(
      '"grid":[{"smoothing.alpha":[0.25]},{"smoothing.alpha":[0.25]},{"smoothing.alpha":[0.75]},{"smoothing.alpha":[0.25]},{"smoothing.alpha":[0.75]}]',
    );
  });
});

describe('findYamlExcess', () => {
  it.each([
    ['a: [[1]]', 2, null],
    ['a: [[1]]', 1, 4],
    ['a: [1]\nb: [1]\nc: [1]', 1, null],
    ['a: "[[[["\nb: 1', 1, null],
    ['- - - x', 2, 4],
    ['- x\n- x\n- x\n', 1, null],
    [' # a\n  # b\n   # c\n    # d\n     # e\na: 1', 1, null],
    ['a: [\n 1,\n  2,\n   3,\n    4,\n     5]', 1, null],
    ['a:\n b:\n  c:\n   d: 1', 1, null],
    ['a:\n b:\n  c:\n   d:\n    e: 1', 1, 22],
    ['a:\n b: |\n    x\n     y\n      z\n       z\n', 1, null],
  ])('%j at most %d deep: %j', (text, deepest, offset) => {
    expect(findYamlExcess(text, { deepest, mostValues: 100 })?.offset ?? null).toBe(offset);
  });
});

describe('printable', () => {
  it('leaves text as it is, and line feeds', () => {
    expect(printable('Größe\nzwei ✓ 😀')).toBe('Größe\nzwei ✓ 😀');
  });

  it('shows controls, halves of surrogate pairs and turned text by their numbers', () => {
    expect(printable('\x1b[2J\r\0\x9b\u202e\ud800')).toBe('\\u001b[2J\\u000d\\u0000\\u009b\\u202e\\ud800');
  });

  it('cuts the middle: the end says what to do', () => {
    expect(printable(`start ${'x'.repeat(5000)} end`, 40)).toMatch(/^start x+\.\.\. \(4970 characters\) \.\.\.x+ end$/);
    expect(printable('\0'.repeat(5000)).length).toBeLessThan(1600);
  });
});
