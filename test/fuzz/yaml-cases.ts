import { readFileSync } from 'node:fs';
import { loadExperiment } from '../../src/experiment/load-experiment.js';
import { Unsound, type FuzzFormat } from './fuzz-case.js';
import { mutateBytes } from './mutate-bytes.js';
import type { Random } from './random.js';

const folder = new URL('../../experiments/', import.meta.url);
const texts = [
  'demo.yaml',
  'targets.yaml',
  'smoothquant-alpha.yaml',
  'absmax-method.yaml',
  'sensitivity.yaml',
  'smoothing-methods.yaml',
].map((name) => readFileSync(new URL(name, folder), 'utf8').replace(/^\s*#.*\n/gm, ''));

const oddValues = [
  '',
  '~',
  'null',
  '.nan',
  '.inf',
  '-.inf',
  '-1',
  '0',
  '1e308',
  '1e400',
  '-0',
  '0x7fffffff',
  '9007199254740993',
  'true',
  'yes',
  '[]',
  '{}',
  '[[]]',
  '{a: {b: 1}}',
  '!!binary aGVsbG8=',
  '!!set {a, b}',
  '!!js/function "f"',
  '!foo bar',
  '2024-01-01',
  '"\\x1b[31m"',
  '"\\0"',
  '"\\ud800"',
  "''",
  '|\n  text',
  '*unknown',
  '&a [*a]',
  '{ from: 0, to: 1, step: 0.0000001 }',
  '{ from: 0, to: 1e300, step: 1e-300 }',
  '{ from: .nan, to: 1, step: 1 }',
  '{ from: 1, to: 0, step: 0.1 }',
  '{<<: {a: 1}}',
  '__proto__',
  'constructor',
  '{__proto__: {a: 1}}',
  '[1, 2, [3, {x: .nan}]]',
  '"*"',
  '"**[a-"',
  `"${'*a'.repeat(3000)}"`,
  'x'.repeat(10_000),
  `[${'1, '.repeat(3000)}1]`,
  '../../../../etc/passwd',
  '\u202e',
  '1_000',
  '1.7976931348623159e308',
];

function atLine(text: string, random: Random, change: (line: string) => string): string {
  const lines = text.split('\n');
  const at = random.below(lines.length);
  return lines.map((line, index) => (index === at ? change(line) : line)).join('\n');
}

/** Big or deep documents: built once, since making 10 MB takes longer than refusing them. */
const monsters: readonly (readonly [string, () => string])[] = [
  ['10 MB of a comment', () => `#${'x'.repeat(10_000_000)}`],
  ['10 MB of a list', () => `grid: [${'1,'.repeat(5_000_000)}]`],
  ['1 MB of a list', () => `grid: [${'1,'.repeat(499_000)}1]`],
  ['1 MB of unknown keys', () => Array.from({ length: 60_000 }, (_, i) => `key${i}: 1`).join('\n')],
  ['1 MB of one key', () => `${'k'.repeat(990_000)}: 1`],
  ['brackets 400,000 deep', () => `grid: ${'['.repeat(400_000)}`],
  ['brackets 3,000 deep, closed', () => `grid: ${'['.repeat(3000)}${']'.repeat(3000)}`],
  ['braces 100,000 deep', () => `grid: ${'{a: '.repeat(100_000)}`],
  ['mappings 1,300 deep by indentation', () => Array.from({ length: 1300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['lists in one line', () => `grid:\n  ${'- '.repeat(400_000)}1`],
  ['explicit keys', () => '? '.repeat(100_000)],
  [
    'alias bomb',
    () =>
      `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(', ')}]`).join('\n')}\n`,
  ],
  ['900 aliases behind 180,000 values', () => `a: [${'1,'.repeat(180_000)}]\nc: &c 1\nd: [${'*c,'.repeat(900)}]`],
  ['50,000 aliases', () => `a: &a 1\nb: [${'*a,'.repeat(50_000)}]`],
  ['100,000 anchors', () => Array.from({ length: 60_000 }, (_, i) => `- &a${i} 1`).join('\n')],
  ['a text without end', () => `name: "${'\\x41'.repeat(200_000)}`],
  ['100,000 documents', () => '---\n'.repeat(100_000)],
  ['150,000 candidates that are text', () => `search: { candidates: [${'x, '.repeat(150_000)}] }`],
  [
    '150,000 unknown keys in a section',
    () => `search:\n${Array.from({ length: 90_000 }, (_, i) => `  k${i}:`).join('\n')}`,
  ],
  ['a grid of many axes', () => `grid: [{ ${Array.from({ length: 9000 }, (_, i) => `x${i}: [1, 2]`).join(', ')} }]`],
  ['tabs', () => '\t'.repeat(100_000)],
  ['100,000 tags', () => '!a '.repeat(100_000)],
  ['a block text of 1 MB', () => `question: |\n${'  line\n'.repeat(140_000)}`],
  ['directives', () => '%TAG ! tag:x,2000:\n'.repeat(40_000)],
];
const made = new Map<string, string>();

function someText(random: Random): { readonly what: string; readonly text: string } {
  const base = random.pick(texts);
  const odd = random.pick(oddValues);
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return {
        what: `value ${odd.slice(0, 40)}`,
        text: atLine(base, random, (line) => line.replace(/:.*$/, () => `: ${odd}`)),
      };
    case 3:
      return { what: 'a line twice', text: atLine(base, random, (line) => `${line}\n${line}`) };
    case 4:
      return { what: 'a line gone', text: atLine(base, random, () => '') };
    case 5: {
      const spaces = random.below(9);
      return {
        what: `${spaces} spaces before a line`,
        text: atLine(base, random, (line) => ' '.repeat(spaces) + line.trimStart()),
      };
    }
    case 6: {
      const key = random.pick([
        'kee',
        '__proto__',
        'toString',
        'K'.repeat(10_000),
        '"a\\nb"',
        '? [1]',
        '"\\x1b[2J"',
        '1',
        'null',
        '<<',
      ]);
      return {
        what: `key ${key.slice(0, 20)}`,
        text: atLine(base, random, (line) => line.replace(/[\w.]+:/, () => `${key}:`)),
      };
    }
    case 7: {
      if (!random.chance(0.25)) break;
      const [what, build] = random.pick(monsters);
      const monster = made.get(what) ?? build();
      made.set(what, monster);
      return { what, text: monster };
    }
    default:
      break;
  }
  const { what, bytes } = mutateBytes(Uint8Array.from(Buffer.from(base)), random);
  return { what, text: Buffer.from(bytes).toString('utf8') };
}

const settings = [
  'smoothing.alpha',
  'data.calibration.batches',
  'layers.rules',
  'model',
  'quantization.weight.bits',
  'x',
  '',
  '__proto__',
  'task',
];

function someOverrides(random: Random): string[] {
  if (random.chance(0.8)) return [];
  const value = random.pick(oddValues);
  return [
    random.pick([`${random.pick(settings)}=${value}`, value, `grid=${value}`, `${random.pick(settings)}=[${value}]`]),
  ];
}

function checkFinite(value: unknown, path: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Unsound(`${path} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) checkFinite(inner, `${path}.${key}`);
}

export const yamlFormat: FuzzFormat = {
  name: 'experiment',
  weight: 20,
  makeCase(random) {
    const { what, text } = someText(random);
    const overrides = someOverrides(random);
    return {
      what: `${what}${overrides.length === 0 ? '' : ` --set ${overrides[0]!.slice(0, 60)}`}`,
      read() {
        const { trials, run } = loadExperiment('/experiments/fuzz.yaml', overrides, () => text);
        if (trials.length === 0) throw new Unsound('no trials');
        for (const trial of trials.slice(0, 50)) checkFinite(trial, 'trial');
        checkFinite(run, 'run');
      },
    };
  },
};
