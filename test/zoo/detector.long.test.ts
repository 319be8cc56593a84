import { expect, it } from 'vitest';
import { figuresOf, sweepRecipe } from './sweep-recipe.js';

/** Names of pycocotools and of quantsweep. */
const names = {
  ...{ AP: 'mAP', AP50: 'mAP50', AP75: 'mAP75', APs: 'mAPsmall', APm: 'mAPmedium', APl: 'mAPlarge' },
  ...{ AR1: 'AR1', AR10: 'AR10', AR100: 'AR100', ARs: 'ARsmall', ARm: 'ARmedium', ARl: 'ARlarge' },
} as const;

it.each(['detector', 'ssd'])(
  '%s: FP32 has the figures of pycocotools, and 6 bits have lower ones than 8',
  async (kind) => {
    const figures = figuresOf(kind) as Readonly<Record<keyof typeof names, number>>;
    const { metrics, trials } = await sweepRecipe(kind);
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
    expect(best(8)).toBeGreaterThan(0.9 * fp32['mAP']!);
  },
);
