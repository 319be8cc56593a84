import { describe, expect, it } from 'vitest';
import type { ImageGeometry, Letterbox } from '../../../src/formats/image-folder/image-geometry.js';
import { layOutImage } from '../../../src/formats/image-folder/image-layout.js';

const plain: ImageGeometry = { resize: null, crop: null, kernel: 'linear', channels: 3 };
const box: Letterbox = { size: [640, 640], pad: 114, align: 'center', rounding: 'halfEven', scaleUp: true };

/** Of a picture of height x width: inner size, then left and top, as `WxH+L+T`. */
function letterbox(size: readonly [number, number], changes: Partial<Letterbox> = {}): string {
  const { resized, canvas } = layOutImage({ ...plain, letterbox: { ...box, ...changes } }, size, 'a.jpg');
  return `${resized[1]}x${resized[0]}+${canvas!.left}+${canvas!.top}`;
}

describe('a letterbox', () => {
  it.each<[string, readonly [number, number], string, Partial<Letterbox>?]>([
    ['of a square', [640, 640], '640x640+0+0'],
    // r = 640/500 = 1.28; 375 * 1.28 = 480; 160 missing, 80 above.
    ['of 500 x 375', [375, 500], '640x480+0+80'],
    // r = 640/810; 1080 * r = 853.33: the width decides: r = 640/1080, 810 * r = 480.
    ['of bus.jpg, upright', [1080, 810], '480x640+80+0'],
    // r = 640/427: 640/640 = 1 is smaller. 213 missing: 106 above, 107 below.
    ['of COCO 640 x 427', [427, 640], '640x427+0+106'],
    // r = 640/1280 = 0.5: 853 * 0.5 = 426.5, to the even 426; 214 missing.
    ['of 853 rows at a half: 426.5 is 426', [853, 1280], '640x426+0+107'],
    // 855 * 0.5 = 427.5, to the even 428; 212 missing.
    ['of 855 rows at a half: 427.5 is 428', [855, 1280], '640x428+0+106'],
    ['of 1 row at a half: 0.5 is 0, but a row stays', [1, 1280], '640x1+0+319'],
    ['of 3 rows at a half: 1.5 is 2', [3, 1280], '640x2+0+319'],
    ['of 5 rows at a half: 2.5 is 2', [5, 1280], '640x2+0+319'],
    ['truncated: 427.5 is 427', [855, 1280], '640x427+0+106', { rounding: 'truncate' }],
    ['truncated in the corner', [855, 1280], '640x427+0+0', { rounding: 'truncate', align: 'topLeft' }],
    ['enlarged', [100, 50], '320x640+160+0'],
    // 590 missing along the width, 540 along the height.
    ['not enlarged', [100, 50], '50x100+295+270', { scaleUp: false }],
    // 589 missing: 294 left, 295 right; 541: 270 above, 271 below.
    ['not enlarged, odd', [99, 51], '51x99+294+270', { scaleUp: false }],
    // min(384/427, 640/640): 640 * r = 575.55, rounds to 576.
    ['that is no square', [427, 640], '576x384+32+0', { size: [384, 640] }],
  ])('%s', (_, size, expected, changes) => {
    expect(letterbox(size, changes)).toBe(expected);
  });

  it('truncates as YOLOX does, in float64: 640/x*x may be a hair below 640', () => {
    // r = min(640/h, 640/w) as written there, int(h * r).
    for (const side of [3, 49, 411, 417, 640, 1281]) {
      const { resized } = layOutImage(
        { ...plain, letterbox: { ...box, rounding: 'truncate' } },
        [side, side + 7],
        'a.jpg',
      );
      const ratio = Math.min(640 / side, 640 / (side + 7));
      expect(resized).toEqual([Math.trunc(side * ratio), Math.trunc((side + 7) * ratio)]);
    }
  });

  it('puts what is missing as ultralytics does: round(d - 0.1) before, round(d + 0.1) after', () => {
    for (let width = 600; width < 660; width += 1) {
      const { resized, canvas } = layOutImage({ ...plain, letterbox: box }, [640 * 3, width * 3], 'a.jpg');
      const missing = (640 - resized[1]) / 2;
      expect(canvas!.left).toBe(Math.round(missing - 0.1) + 0);
      expect(640 - canvas!.left - resized[1]).toBe(Math.round(missing + 0.1));
    }
  });

  it('has one scale for both axes, the ratio itself', () => {
    const { scale } = layOutImage({ ...plain, letterbox: box }, [427, 639], 'a.jpg');
    expect(scale).toEqual([640 / 639, 640 / 639]);
    expect(layOutImage({ ...plain, letterbox: { ...box, scaleUp: false } }, [4, 6], 'a.jpg').scale).toEqual([1, 1]);
  });
});

describe('padding', () => {
  const pad = { multiple: 32, value: 0 };

  it('fills up to multiples, right and at the bottom', () => {
    const { resized, canvas, scale } = layOutImage({ ...plain, pad }, [300, 321], 'a.jpg');
    expect([resized, canvas, scale]).toEqual([
      [300, 321],
      { height: 320, width: 352, top: 0, left: 0, value: 0 },
      [1, 1],
    ]);
  });

  it('adds nothing where there is nothing to add, and comes after resize and crop', () => {
    expect(layOutImage({ ...plain, pad }, [64, 96], 'a.jpg').canvas).toBeNull();
    const { canvas } = layOutImage({ ...plain, pad, resize: 50, crop: 40 }, [100, 200], 'a.jpg');
    expect(canvas).toMatchObject({ height: 64, width: 64 });
  });
});

describe('a crop', () => {
  it('of a resized picture moves it left and up; each axis has its own scale', () => {
    const { resized, box: cut, scale } = layOutImage({ ...plain, resize: 256, crop: 224 }, [375, 500], 'a.jpg');
    expect([resized, cut]).toEqual([[256, 341], { top: 16, left: 58, width: 224, height: 224 }]);
    expect(scale).toEqual([341 / 500, 256 / 375]);
  });

  it.each([
    [[5, 5], 0],
    [[6, 5], 0],
    // 1.5 to the even 2, 2.5 to the even 2.
    [[8, 5], 2],
    [[10, 5], 2],
  ] as const)('of a height of %j begins at row %i', ([height, side], top) => {
    expect(layOutImage({ ...plain, crop: side }, [height, side], 'a.jpg').box.top).toBe(top);
  });
});
