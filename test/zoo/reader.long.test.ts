import { expect, it } from 'vitest';
import { figuresOf, sweepRecipe } from './sweep-recipe.js';

it('reader: FP32 makes the edits that the script counted, and 4 bits more of them', async () => {
  const figures = figuresOf('reader') as { readonly characterErrorRate: number; readonly exactMatch: number };
  const { metrics } = await sweepRecipe('reader');
  const { cer, exact } = metrics.get('fp32')!;
  expect(cer).toBeCloseTo(figures.characterErrorRate, 12);
  expect(exact).toBeCloseTo(figures.exactMatch, 12);
  const rates = (bits: number): readonly number[] =>
    [...metrics].filter(([label]) => label.endsWith(`activation.bits=${bits}`)).map(([, each]) => each['cer']!);
  expect(rates(8)).toHaveLength(4);
  expect(Math.min(...rates(4))).toBeGreaterThan(Math.max(...rates(8)));
});
