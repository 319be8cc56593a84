import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { quantsweep, temporaryFolder } from '../command-line.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const own = ['experiments/**/*.onnx', 'test/**/*.onnx'].flatMap((pattern) => globSync(pattern, { cwd: root }));
const shared = globSync('../shared/models/**/*.onnx', { cwd: root });

/** Fewer samples and one alpha, so that each model takes seconds. */
const small = [
  ...['smoothing.alpha=0.5', 'quantization.activation.calibrator=max', 'data.evaluation.samples=2'],
  ...['data.calibration.batches=1', 'loss.samples=2', 'gate.samples=2'],
];

/** The data of an experiment lies beside its model. */
function dataOf(model: string): readonly string[] {
  const folder = dirname(join(root, model));
  return existsSync(join(folder, 'evaluation')) ? [folder] : [];
}

describe('what init writes is planned and run', () => {
  it.each(own)('%s', async (model) => {
    await planAndRun(model);
  });

  it.skipIf(shared.length === 0).each(shared.length === 0 ? ['no models beside the project'] : shared)(
    '%s',
    async (model) => {
      await planAndRun(model);
    },
  );
});

/** A run plans what it runs, and init has planned it too. */
async function planAndRun(model: string): Promise<void> {
  const folder = temporaryFolder();
  const file = `${basename(model, '.onnx')}.yaml`;
  const written = await quantsweep(folder, 'init', join(root, model), ...dataOf(model));
  expect(written.stderr).toBe('');
  // Pairs are of more samples than two.
  const set = model.includes('embedder') ? small.filter((word) => word !== 'data.evaluation.samples=2') : small;
  const ran = await quantsweep(folder, 'run', file, ...set.flatMap((word) => ['--set', word]));
  expect([ran.code, ran.stderr]).toEqual([0, expect.not.stringContaining('failed')]);
}
