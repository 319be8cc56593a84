import { describe, expect, it } from 'vitest';
import { splitVariants } from '../../../src/report/facts/variants.js';

const one = (trial: number, role: string, axes: Record<string, unknown>, settings: unknown = {}) => ({
  trial,
  role,
  axes,
  settings,
});

describe('splitVariants', () => {
  it('keeps one variant where only drawn axes vary', () => {
    const variants = splitVariants([
      one(1, 'candidate', { 'smoothing.alpha': 0.1, 'data.calibration.batches': 200 }),
      one(2, 'candidate', { 'smoothing.alpha': 0.2, 'data.calibration.batches': 1500 }),
    ]);
    expect(variants).toEqual([{ label: '', trials: new Set([1, 2]) }]);
  });

  it('splits by every other axis and gives baselines to each variant that they agree with', () => {
    const variants = splitVariants([
      one(0, 'fp32', {}),
      one(1, 'unsmoothed', { 'quantization.weight.bits': 8 }),
      one(2, 'unsmoothed', { 'quantization.weight.bits': 4 }),
      one(3, 'candidate', { 'smoothing.alpha': 0.1, 'quantization.weight.bits': 8 }),
      one(4, 'candidate', { 'smoothing.alpha': 0.1, 'quantization.weight.bits': 4 }),
    ]);
    expect(variants).toEqual([
      { label: 'weight bits = 8', trials: new Set([0, 1, 3]) },
      { label: 'weight bits = 4', trials: new Set([0, 2, 4]) },
    ]);
  });

  it('takes the value of an axis that a block leaves out from the settings', () => {
    const variants = splitVariants([
      one(1, 'candidate', { 'smoothing.absmax': 'channel' }),
      one(2, 'candidate', { 'smoothing.absmax': 'view' }),
      one(3, 'candidate', {}, { smoothing: { absmax: 'view' } }),
    ]);
    expect(variants.map((variant) => [...variant.trials])).toEqual([[1], [2, 3]]);
  });
});
