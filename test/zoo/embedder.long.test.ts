import { expect, it } from 'vitest';
import { figuresOf, sweepRecipe } from './sweep-recipe.js';

it('embedder: FP32 has the accuracy of the script by the same ten folds, and 4 bits a lower one', async () => {
  const { accuracy } = figuresOf('embedder') as { readonly accuracy: number };
  const { metrics, trials } = await sweepRecipe('embedder');
  expect(metrics.get('fp32')!['accuracy']).toBeCloseTo(accuracy, 9);
  const at = (bits: number): readonly number[] =>
    trials
      .filter(({ activationBits, role }) => activationBits === bits && role === 'candidate')
      .map(({ value }) => value);
  expect(Math.max(...at(4))).toBeLessThan(Math.max(...at(8)));
});
