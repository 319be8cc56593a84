import { describe, expect, it } from 'vitest';
import { metricTextOf } from '../../src/report/facts/judged-by.js';
import {
  differenceText,
  intervalText,
  magnitudeText,
  meanText,
  metricText,
  signed,
  valueText,
} from '../../src/report/number-text.js';

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

describe('values of a metric that its task defines', () => {
  it('carry decibels, and may be below 0', () => {
    const metric = metricTextOf('fidelity', 'worstSqnr', 12, [31.2, 35.7]);
    expect(plain(valueText(31.2437, metric))).toBe('31.24 dB');
    expect(plain(intervalText(-1.5, 2, metric))).toBe('−1.50 to 2.00 dB');
    expect(plain(differenceText(-1.2, metric))).toBe('−1.20 dB');
    expect(plain(magnitudeText(-1.2, metric))).toBe('1.20 dB');
    expect(metric.axisTitle).toBe('SQNR, worst output (dB), higher is better');
    expect([metric.shortName, metric.isProportion]).toEqual(['SQNR', false]);
    expect(metric.definition).toContain('10 log10');
  });

  it('have as many digits as tell those apart that lie close together', () => {
    const cosines = [0.99999654, 0.99999713, 0.999998, 0.6];
    const metric = metricTextOf('fidelity', 'cosine', 12, cosines);
    expect(new Set(cosines.map((value) => valueText(value, metric))).size).toBe(4);
    expect(valueText(0.99999713, metric)).toBe('0.99999713');
    expect(metricTextOf('fidelity', 'cosine', 12, [0.91, 0.95, 0.98]).digits).toBe(4);
    expect(metricTextOf('fidelity', 'cosine', 12, [0.9, 0.9]).digits).toBe(4);
  });

  it('are percentages only of samples, and named by their definition', () => {
    expect(plain(valueText(0.5, metricTextOf('sequence', 'exact', 96)))).toBe('50.0 %');
    const rate = metricTextOf('sequence', 'cer', 96);
    expect([valueText(1.25, rate), differenceText(0.1, rate)]).toEqual(['1.2500', '+0.1000']);
    // A metric of the user's own may have the name of another task's.
    expect(metricTextOf('module', 'sqnr').definition).toBeNull();
    expect(metricTextOf(null, 'toString').name).toBe('toString');
  });
});
