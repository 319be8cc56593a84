import { oneOf } from '../../../schema/schema-leaves.js';

/** How four numbers say where a box is. */
export type BoxCode = 'xyxy' | 'xywh' | 'cxcywh';

export const boxCode = oneOf(
  ['xyxy', 'xywh', 'cxcywh'],
  'How four numbers are a box: two corners; the upper left corner with width and height; or the centre with these.',
);

export const boxUnits = oneOf(
  ['pixels', 'fraction', 'picture'],
  'Unit of boxes: pixels of the sample, fractions of its width and height, or pixels of the picture as it was.',
);

/** Writes x1, y1, x2, y2. */
export function writeCorners(code: BoxCode, a: number, b: number, c: number, d: number, into: Float64Array): void {
  switch (code) {
    case 'xyxy':
      into[0] = a;
      into[1] = b;
      into[2] = c;
      into[3] = d;
      return;
    case 'xywh':
      into[0] = a;
      into[1] = b;
      into[2] = a + c;
      into[3] = b + d;
      return;
    case 'cxcywh':
      into[0] = a - c / 2;
      into[1] = b - d / 2;
      into[2] = a + c / 2;
      into[3] = b + d / 2;
  }
}

/** The frame of boxes in such a unit. */
export function frameOf(units: 'pixels' | 'fraction' | 'picture'): 'sample' | 'fraction' | 'picture' {
  return units === 'pixels' ? 'sample' : units;
}
