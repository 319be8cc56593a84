import { expect, it } from 'vitest';
import { chartPhrases } from '../../../../src/report/browser/chart-phrases.js';
import { inflate } from '../../../../src/report/browser/client/inflate.js';
import { packFigure, packJson, unpackFigure } from '../../../../src/report/browser/pack-figure.js';

it('gives back in the page what was packed, whatever letters it holds', async () => {
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
  const inflated = await inflate(packed, chartPhrases);
  expect(inflated).toEqual(unpackFigure(packed));
  expect(inflated).toMatchObject({ columns: ['<b>', 'n'], panels: charts });
});

it('rejects where the text was cut', async () => {
  const packed = packJson({ long: 'enough '.repeat(10) });
  await expect(inflate(packed.slice(0, 16))).rejects.toThrow();
});
