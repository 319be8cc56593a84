import type { PictureFrame } from '../detection/way-back.js';
import type { DecodedFigures } from './decode-figures.js';
import type { FoundFigure } from './match-figures.js';

/**
 * Figures with points in pixels of the picture: x = (x_sample - left) / scale, cut to the picture
 * where its size is known. Where it is not known how the picture lies in the sample, fractions are
 * of the picture, or else of the sample, and pixels are taken as the picture's.
 *
 * @returns null where fractions can't become pixels, as no size is known
 */
export function figuresInPicture(
  { figures, unit }: DecodedFigures,
  { size, placement, input }: PictureFrame,
): readonly FoundFigure[] | null {
  const isPlaced = placement !== null && (unit === 'pixels' || input !== null);
  const of = unit === 'pixels' ? ([1, 1] as const) : isPlaced ? input : (size ?? input);
  if (of === null) return null;
  const { scaleX, scaleY, left, top } = isPlaced ? placement : { scaleX: 1, scaleY: 1, left: 0, top: 0 };
  const inside = (value: number, length: number): number => Math.min(length, Math.max(0, value));
  return figures.map((figure) => ({
    ...figure,
    points: figure.points.map((value, at) => {
      const found = at % 2 === 0 ? (value * of[1] - left) / scaleX : (value * of[0] - top) / scaleY;
      return isPlaced && size !== null ? inside(found, size[1 - (at % 2)]!) : found;
    }),
  }));
}
