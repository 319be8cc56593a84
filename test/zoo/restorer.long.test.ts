import { expect, it } from 'vitest';
import { figuresOf, sweepRecipe } from './sweep-recipe.js';

it('restorer: FP32 has the PSNR of the script; fewer bits have a lower one', async () => {
  const { psnr, psnrOfInput } = figuresOf('restorer') as { readonly psnr: number; readonly psnrOfInput: number };
  const { metrics, trials } = await sweepRecipe('restorer');
  const fp32 = metrics.get('fp32')!['psnr']!;
  expect(fp32).toBeCloseTo(psnr, 4);
  expect(fp32).toBeGreaterThan(psnrOfInput + 9);
  const at = (bits: number): readonly number[] =>
    trials
      .filter(({ activationBits, role }) => activationBits === bits && role === 'candidate')
      .map(({ value }) => value);
  expect(Math.max(...at(6))).toBeLessThan(Math.min(...at(8)));
});
