import { expect, it } from 'vitest';
import { figuresOf, sweepRecipe } from './sweep-recipe.js';

/** Names of pycocotools and of quantsweep; the evaluation data has no large figure. */
const names = {
  ...{ AP: 'AP', AP50: 'AP50', AP75: 'AP75', APm: 'APmedium' },
  ...{ AR: 'AR', AR50: 'AR50', AR75: 'AR75', ARm: 'ARmedium' },
} as const;

it('keypoints: FP32 has the figures of pycocotools, and 6 bits have lower ones than 8', async () => {
  const figures = figuresOf('keypoints') as Readonly<Record<keyof typeof names, number>>;
  const { metrics, trials } = await sweepRecipe('keypoints');
  const fp32 = metrics.get('fp32')!;
  for (const [name, own] of Object.entries(names)) {
    expect(fp32[own], own).toBeCloseTo(figures[name as keyof typeof names], 6);
  }
  const best = (bits: number): number =>
    Math.max(
      ...trials
        .filter(({ activationBits, role }) => activationBits === bits && role === 'candidate')
        .map(({ value }) => value),
    );
  expect(best(6)).toBeLessThan(best(8));
});
