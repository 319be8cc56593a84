import { expect, it } from 'vitest';
import { quantsweep } from '../cli/command-line.js';
import { recipes, writeRecipe } from './recipes.js';

it('docs/MODELS.md has a recipe for every kind of model', () => {
  expect([...recipes.keys()].sort()).toEqual([
    'bev',
    'classifier',
    'detector',
    'embedder',
    'keypoints',
    'keywords',
    'reader',
    'restorer',
    'segmenter',
    'ssd',
  ]);
});

it.each([...recipes.keys()])('plans the recipe %s as it stands', async (name) => {
  const { folder, file } = writeRecipe(name);
  // The demo's scenes are made by code.
  const consent = /format: module/.test(recipes.get(name)!) ? ['--allow-code'] : [];
  const { code, stdout, stderr } = await quantsweep(folder, 'plan', file, ...consent);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/trials/);
});
