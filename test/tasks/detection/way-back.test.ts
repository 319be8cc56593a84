import { describe, expect, it } from 'vitest';
import { createPrng } from '../../../src/statistics/prng.js';
import { fitPlacement } from '../../../src/tasks/detection/fit-placement.js';
import { toPicture, type PictureFrame } from '../../../src/tasks/detection/way-back.js';

function found(...corners: readonly number[]) {
  const count = corners.length / 4;
  return {
    ...{ score: new Float64Array(count).fill(0.5), class: new Int32Array(count), box: new Int32Array(count) },
    ...{ corners: Float64Array.from(corners), nonFinite: 0 },
  };
}

const boxesOf = (corners: readonly number[], frame: 'sample' | 'fraction' | 'picture', picture: PictureFrame) =>
  Array.from(toPicture(found(...corners), frame, picture)?.boxes ?? []);

describe('fitPlacement', () => {
  it.each([
    // 640 / 500: 1.28; 333 * 1.28 = 426.24, so 426 rows; 214 are missing, 107 above.
    ['centred', [333, 500], [640, 640], { scaleX: 1.28, scaleY: 1.28, left: 0, top: 107 }],
    // 427 rows of 640: 213 are missing: 106 above, 107 below.
    ['an odd pixel goes below', [427, 640], [640, 640], { scaleX: 1, scaleY: 1, left: 0, top: 106 }],
    // 5 * 0.5 = 2.5 columns are 2 (half to even), so 6 are missing of 8.
    ['half a pixel is rounded to even', [16, 5], [8, 8], { scaleX: 0.5, scaleY: 0.5, left: 3, top: 0 }],
    // 7 * 0.5 = 3.5 columns are 4, so 4 are missing.
    ['half a pixel is rounded to even, upwards', [16, 7], [8, 8], { scaleX: 0.5, scaleY: 0.5, left: 2, top: 0 }],
  ] as const)('letterbox: %s', (_, picture, input, expected) => {
    expect(fitPlacement('letterbox', picture, input)).toEqual(expected);
  });

  it('letterboxTopLeft, stretch and none', () => {
    expect(fitPlacement('letterboxTopLeft', [333, 500], [640, 640])).toEqual({
      scaleX: 1.28,
      scaleY: 1.28,
      left: 0,
      top: 0,
    });
    expect(fitPlacement('stretch', [240, 480], [120, 120])).toEqual({ scaleX: 0.25, scaleY: 0.5, left: 0, top: 0 });
    expect(fitPlacement('none', [240, 480], [120, 120])).toEqual({ scaleX: 1, scaleY: 1, left: 0, top: 0 });
  });
});

describe('toPicture', () => {
  it('undoes what a placement did', () => {
    const random = createPrng(4, 4);
    for (let round = 0; round < 200; round += 1) {
      const size = [50 + random.nextBelow(900), 50 + random.nextBelow(900)] as const;
      const input = [64 * (1 + random.nextBelow(10)), 64 * (1 + random.nextBelow(10))] as const;
      const fit = (['letterbox', 'letterboxTopLeft', 'stretch', 'none'] as const)[random.nextBelow(4)]!;
      const placement = fitPlacement(fit, size, input);
      const [x1, y1] = [random.nextBelow(size[1]), random.nextBelow(size[0])];
      const [x2, y2] = [x1 + random.nextBelow(size[1] - x1 + 1), y1 + random.nextBelow(size[0] - y1 + 1)];
      const { scaleX, scaleY, left, top } = placement;
      const inSample = [x1 * scaleX + left, y1 * scaleY + top, x2 * scaleX + left, y2 * scaleY + top];
      const picture = { size, placement, input };
      for (const [index, value] of boxesOf(inSample, 'sample', picture).entries()) {
        expect(value).toBeCloseTo([x1, y1, x2 - x1, y2 - y1][index]!, 9);
      }
      const fractions = inSample.map((value, index) => value / input[index % 2 === 0 ? 1 : 0]);
      for (const [index, value] of boxesOf(fractions, 'fraction', picture).entries()) {
        expect(value).toBeCloseTo([x1, y1, x2 - x1, y2 - y1][index]!, 9);
      }
    }
  });

  it('cuts boxes to the picture where it moved them, and only there', () => {
    const size = [100, 200] as const;
    const placement = { scaleX: 0.5, scaleY: 0.5, left: 10, top: 0 };
    expect(boxesOf([0, -4, 60, 80], 'sample', { size, placement, input: null })).toEqual([0, 0, 100, 100]);
    expect(boxesOf([-5, -4, 260, 80], 'sample', { size, placement: null, input: null })).toEqual([-5, -4, 265, 84]);
    expect(boxesOf([-5, -4, 260, 80], 'picture', { size, placement, input: null })).toEqual([-5, -4, 265, 84]);
  });

  it('takes fractions as those of the picture where the sample is not known', () => {
    expect(boxesOf([0.1, 0.25, 0.5, 1.5], 'fraction', { size: [100, 200], placement: null, input: null })).toEqual([
      20, 25, 80, 75,
    ]);
    expect(toPicture(found(0, 0, 1, 1), 'fraction', { size: null, placement: null, input: null })).toBeNull();
  });
});
