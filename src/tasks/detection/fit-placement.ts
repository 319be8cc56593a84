import type { Placement } from '../../formats/sample-origin.js';

/** How a picture was brought to the size of a sample. */
export type Fit = 'letterbox' | 'letterboxTopLeft' | 'stretch' | 'none';

/**
 * Where a picture of `picture` (height, width) lies in a sample of `input`:
 *
 * - `letterbox`: r = min(H / h, W / w); centred, an odd missing pixel to the right or below
 *   (YOLOv5 `letterbox`, ultralytics `LetterBox`): left = round(d - 0.1), d half of what is missing
 *   beside round(w r), half to even;
 * - `letterboxTopLeft`: the same r, in the upper left corner (YOLOX);
 * - `stretch`: each axis by itself;
 * - `none`: pixel by pixel.
 */
export function fitPlacement(
  fit: Fit,
  picture: readonly [number, number],
  input: readonly [number, number],
): Placement {
  const [height, width] = picture;
  if (fit === 'none') return { scaleX: 1, scaleY: 1, left: 0, top: 0 };
  if (fit === 'stretch') return { scaleX: input[1] / width, scaleY: input[0] / height, left: 0, top: 0 };
  const scale = Math.min(input[0] / height, input[1] / width);
  if (fit === 'letterboxTopLeft') return { scaleX: scale, scaleY: scale, left: 0, top: 0 };
  return {
    ...{ scaleX: scale, scaleY: scale },
    left: halfOf(input[1] - roundHalfToEven(width * scale)),
    top: halfOf(input[0] - roundHalfToEven(height * scale)),
  };
}

/** `round(missing / 2 - 0.1)`: an odd pixel goes behind. */
function halfOf(missing: number): number {
  return Math.floor(missing / 2);
}

/** As Python's `round`. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
