import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { demoModel, quantsweep, temporaryFolder } from '../command-line.js';

const zoo = fileURLToPath(new URL('../../../experiments/zoo/', import.meta.url));

it('init writes an experiment with the truth that lies beside the samples, and plan accepts it', async () => {
  const folder = temporaryFolder();
  const { code, stdout } = await quantsweep(folder, 'init', join(zoo, 'detector/detector.onnx'), join(zoo, 'detector'));
  expect([code, stdout.split('\n').at(-2)]).toEqual([0, '  quantsweep plan detector.yaml']);
  const text = readFileSync(join(folder, 'detector.yaml'), 'utf8');
  expect(text).toContain('kind: detection');
  expect(text).toContain('letterbox: { size: [96, 96] }');
  expect((await quantsweep(folder, 'plan', 'detector.yaml')).code).toBe(0);
});

it('without data init says loudly that samples are random, and replaces a file only when told', async () => {
  const folder = temporaryFolder();
  const first = await quantsweep(folder, 'init', demoModel, '-o', 'x.yaml');
  expect(first.stdout).toContain('RANDOM SAMPLES');
  writeFileSync(join(folder, 'x.yaml'), 'mine');
  const second = await quantsweep(folder, 'init', demoModel, '-o', 'x.yaml');
  expect([second.code, second.stderr]).toEqual([2, expect.stringContaining('--force')]);
  expect(readFileSync(join(folder, 'x.yaml'), 'utf8')).toBe('mine');
  expect((await quantsweep(folder, 'init', demoModel, '-o', 'x.yaml', '--force')).code).toBe(0);
});

it('init says what is wrong with its arguments', async () => {
  const folder = temporaryFolder();
  const missing = await quantsweep(folder, 'init', demoModel, 'nowhere');
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('got nothing there')]);
  writeFileSync(join(folder, 'notes.md'), 'x');
  const empty = await quantsweep(folder, 'init', demoModel, folder);
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('Expected images')]);
  const size = await quantsweep(folder, 'inspect', demoModel, '--size', 'big');
  expect([size.code, size.stderr]).toEqual([2, expect.stringContaining('480x640')]);
});

it('inspect shows shapes, parameters and MACs of layers', async () => {
  const { stdout } = await quantsweep(
    temporaryFolder(),
    'inspect',
    join(zoo, 'detector/detector.onnx'),
    '--format',
    'json',
  );
  const { layers, macs } = JSON.parse(stdout) as {
    readonly layers: readonly {
      readonly output: readonly number[];
      readonly macs: number;
      readonly parameters: number;
    }[];
    readonly macs: number;
  };
  // 8 x 48 x 48 numbers, each of 3 x 3 x 3 products.
  expect(layers[0]).toMatchObject({ output: [1, 8, 48, 48], macs: 8 * 48 * 48 * 27, float: null });
  expect(macs).toBe(layers.reduce((sum, layer) => sum + layer.macs, 0));
});
