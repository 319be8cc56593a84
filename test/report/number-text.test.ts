import { describe, expect, it } from 'vitest';
import { intervalText, meanText, metricText, signed, valueText } from '../../src/report/number-text.js';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('percentages', () => {
  it('have one digit up to 1000 evaluation samples, which tells all counts apart', () => {
    const metric = metricText('top1', 300);
    expect(plain(valueText(262 / 300, metric))).toBe('87.3 %');
    expect(plain(intervalText(0.8307, 0.9064, metric))).toBe('83.1–90.6 %');
    expect(metric.tooltipFormat).toBe('.1%');
    const exact = metricText('top1', 1000);
    const texts = Array.from({ length: 1001 }, (_, right) => valueText(right / 1000, exact));
    expect(new Set(texts).size).toBe(1001);
  });

  it('have two beyond, where the number of samples is unknown, and of means over pairs', () => {
    expect(plain(valueText(0.91734, metricText('top1', 1001)))).toBe('91.73 %');
    expect(plain(valueText(0.91734, metricText('top1')))).toBe('91.73 %');
    expect(signed(-0.0006, meanText(metricText('top1', 300)))).toBe('−0.06');
  });

  it('are no matter of mAP, which has four digits', () => {
    expect(valueText(0.74968, metricText('mAP', 8))).toBe('0.7497');
  });
});
