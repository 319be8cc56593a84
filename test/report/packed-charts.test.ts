import { describe, expect, it } from 'vitest';
import { packCharts, unpackCharts } from '../../src/report/packed-charts.js';

const unpack = (0, eval)(`(${unpackCharts})`) as (text: string) => Promise<unknown>;

describe('packed charts', () => {
  it('come back as they were, whatever letters they hold', async () => {
    const charts = [{ title: '</script><script>alert(1)</script> ✓ 层', width: 1e-7 }, { data: [null, true] }];
    const packed = packCharts(charts);
    expect(packed).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(await unpack(packed)).toEqual(charts);
  });

  it('of no charts are no text', async () => {
    expect(packCharts([])).toBe('');
    expect(await unpack('')).toEqual([]);
  });

  it('take less than a third of charts that say things many times', () => {
    const charts = Array.from({ length: 3 }, () => ({ marks: Array.from({ length: 50 }, () => ({ type: 'symbol' })) }));
    expect(packCharts(charts).length).toBeLessThan(JSON.stringify(charts).length / 3);
  });
});
