import { describe, expect, it } from 'vitest';
import { packFigure, unpackFigure } from '../../../src/report/browser/pack-figure.js';

describe('a packed figure', () => {
  it('comes back as it was, whatever letters it holds', () => {
    const charts = [{ title: '</script><script>alert(1)</script> ✓ 层', width: 1e-7 }, { data: [null, true] }];
    const packed = packFigure(
      {
        columns: ['<b>', 'n'],
        rows: [
          ['\u2028"', 1.5],
          [null, -0.1],
        ],
      },
      charts,
    );
    expect(packed).toMatch(/^[A-Za-z0-9+/]+=*$/);
    const expected = {
      columns: ['<b>', 'n'],
      texts: [null, null],
      rows: [
        ['\u2028"', 1.5],
        [null, -0.1],
      ],
      panels: charts,
    };
    expect(unpackFigure(packed)).toEqual(expected);
  });

  it('takes less than a third of what it says many times', () => {
    const charts = Array.from({ length: 3 }, () => ({ marks: Array.from({ length: 50 }, () => ({ type: 'symbol' })) }));
    expect(packFigure({ columns: [], rows: [] }, charts).length).toBeLessThan(JSON.stringify(charts).length / 3);
  });
});
