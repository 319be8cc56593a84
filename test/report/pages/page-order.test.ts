import { describe, expect, it } from 'vitest';
import { figures } from '../../../src/report/figures/sweep/index.js';
import { pageOrder } from '../../../src/report/pages/page-order.js';
import { sweepShape, type ShapeTrial } from '../../../src/report/questions/sweep-shape.js';

const candidate = (axes: Readonly<Record<string, unknown>>): ShapeTrial => ({
  role: 'candidate',
  axes,
  settings: { smoothing: { mode: 'static' } },
});
const alphas = [0.1, 0.5].map((alpha) => ({ 'smoothing.alpha': alpha }));
const sizes = alphas.flatMap((one) => [4, 32].map((batches) => ({ ...one, 'data.calibration.batches': batches })));
const bits = sizes.flatMap((one) => [8, 6].map((count) => ({ ...one, 'quantization.weight.bits': count })));
const orderOf = (axes: readonly Readonly<Record<string, unknown>>[], ...others: readonly ShapeTrial[]) =>
  pageOrder(figures, sweepShape([...axes.map(candidate), ...others]));
const partsOf = (order: ReturnType<typeof orderOf>): string[] =>
  order.parts.filter((part) => part.figures.length > 0).map(({ id }) => id);

describe('the order of a sweep’s page', () => {
  it('leads with the figure that answers its question, the others behind it', () => {
    const order = orderOf(sizes);
    expect(order.leads[0]!.id).toBe('accuracy-by-alpha');
    expect(partsOf(order)).toEqual([
      'question-calibration',
      'axes',
      'trials',
      'network',
      'layers',
      'ranges',
      'rest',
      'provenance',
    ]);
  });

  it('leads with what each setting does where three or more vary', () => {
    const order = orderOf(bits);
    expect(order.leads[0]!.id).toBe('axis-effects');
    expect(order.leads.map(({ id }) => id)).toContain('accuracy-by-alpha');
    expect(partsOf(order).slice(0, 3)).toEqual(['question-cost', 'question-calibration', 'trials']);
  });

  it('leads with the layers where single layers were quantized', () => {
    const layer: ShapeTrial = { role: 'sensitivity', axes: {}, settings: { layers: { sensitivity: 'only' } } };
    expect(orderOf([], layer).leads[0]!.id).toBe('sensitivity');
  });

  it('has every figure once', () => {
    for (const axes of [alphas, sizes, bits]) {
      const { leads, parts } = orderOf(axes);
      const ids = [...leads, ...parts.flatMap((part) => part.figures)].map(({ id }) => id);
      expect([...ids].sort()).toEqual(figures.map(({ id }) => id).sort());
    }
  });
});
