import { expect, it } from 'vitest';
import { figuresOf, sweepRecipe } from './sweep-recipe.js';

it.each(['classifier', 'keywords'])('%s: FP32 gets as many right as the script counted, 4 bits fewer', async (kind) => {
  const { correct, samples } = figuresOf(kind) as { readonly correct: number; readonly samples: number };
  const { metrics, trials } = await sweepRecipe(kind);
  expect(metrics.get('fp32')!['top1']).toBe(correct / samples);
  const at = (bits: number): readonly number[] =>
    trials.filter(({ activationBits, alpha }) => activationBits === bits && alpha !== null).map(({ value }) => value);
  expect(at(8).length).toBe(3);
  expect(Math.max(...at(4))).toBeLessThan(Math.min(...at(8)));
});
