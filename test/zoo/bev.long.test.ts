import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { quantsweep } from '../cli/command-line.js';
import { sweepRecipe } from './sweep-recipe.js';

it('bev: the sweep ends, smoothing helps, and the scales go back by module', async () => {
  const { folder, trials } = await sweepRecipe('bev', '--allow-code');
  const value = (role: string): number =>
    Math.max(...trials.filter((each) => each.role === role).map((each) => each.value));
  expect(value('candidate')).toBeGreaterThan(value('unsmoothed'));
  const written = await quantsweep(folder, 'export', 'best', '--format', 'json', '-o', 'scales.json');
  expect({ code: written.code, stderr: written.stderr }).toEqual({ code: 0, stderr: '' });
  const scales = JSON.parse(readFileSync(join(folder, 'scales.json'), 'utf8')) as {
    readonly layers: readonly unknown[];
  };
  expect(scales.layers).toHaveLength(10);
});
