/** A range of areas that figures are given of. */
export interface AreaRange {
  readonly name: '' | 'small' | 'medium' | 'large';
  /** In square pixels, both ends included. */
  readonly from: number;
  readonly to: number;
}

/** COCO's (pycocotools `Params`): 1024 square pixels are small and medium. */
export const AREA_RANGES: readonly AreaRange[] = [
  { name: '', from: 0, to: 1e5 ** 2 },
  { name: 'small', from: 0, to: 32 ** 2 },
  { name: 'medium', from: 32 ** 2, to: 96 ** 2 },
  { name: 'large', from: 96 ** 2, to: 1e5 ** 2 },
];

/** Bit r: the area is within the r-th range. */
export function areaBits(area: number): number {
  let bits = 0;
  for (const [bit, { from, to }] of AREA_RANGES.entries()) if (area >= from && area <= to) bits |= 1 << bit;
  return bits;
}
