import { DatasetError } from '../dataset-error.js';
import type { Box } from '../preprocess/resample.js';
import type { ImageGeometry, Letterbox } from './image-geometry.js';

/** How a picture becomes a sample: resized, a part of it kept, and that put on a canvas. */
export interface ImageLayout {
  /** Height and width after resizing. */
  readonly resized: readonly [number, number];
  /** Part of the resized picture that is kept. */
  readonly box: Box;
  /** What the part is put on, in pixels of one value; null: the part is the sample. */
  readonly canvas: Canvas | null;
  /** Pixels of the sample for each pixel of the picture, along the width and along the height. */
  readonly scale: readonly [number, number];
}

export interface Canvas {
  readonly height: number;
  readonly width: number;
  /** Where the part's first row and column are. */
  readonly top: number;
  readonly left: number;
  /** Of every channel of a pixel outside the part, 0..255. */
  readonly value: number;
}

/**
 * The layout of a picture of height and width `size`, turned upright where that is asked for. A
 * pure function of sizes, so that boxes can be mapped back without decoding.
 *
 * @throws DatasetError naming `path` when the picture is smaller than the crop
 */
export function layOutImage(geometry: ImageGeometry, size: readonly [number, number], path: string): ImageLayout {
  if (geometry.letterbox !== undefined) return letterboxed(geometry.letterbox, size);
  const [height, width] = size;
  const resized = sizeAfter(geometry.resize, height, width);
  const box = cropOf(geometry.crop, resized[0], resized[1], path) ?? whole(resized);
  const scale = [resized[1] / width, resized[0] / height] as const;
  return { resized, box, canvas: padded(geometry.pad, box), scale };
}

/**
 * The letterbox of YOLOv5 and its successors: one ratio for both axes, lengths rounded to whole
 * pixels, and what is missing added as pixels of one value. Centred, of an odd number of missing
 * pixels the odd one goes right and to the bottom: `round(d - 0.1)` before, `round(d + 0.1)` after,
 * with d half the number. Coordinates go by the ratio and the whole number before; that rounding
 * makes the picture up to half a pixel longer or shorter is left out, as those detectors do.
 */
function letterboxed(
  { size: [rows, columns], pad, align, rounding, scaleUp }: Letterbox,
  [height, width]: readonly [number, number],
): ImageLayout {
  const fitting = Math.min(rows / height, columns / width);
  const ratio = scaleUp ? fitting : Math.min(fitting, 1);
  const lengthOf = (length: number): number =>
    Math.max(1, rounding === 'truncate' ? Math.trunc(length * ratio) : roundHalfToEven(length * ratio));
  const resized = [lengthOf(height), lengthOf(width)] as const;
  const before = (missing: number): number => (align === 'topLeft' ? 0 : Math.floor(missing / 2));
  const [top, left] = [before(rows - resized[0]), before(columns - resized[1])];
  const canvas = { height: rows, width: columns, top, left, value: pad };
  return { resized, box: whole(resized), canvas, scale: [ratio, ratio] };
}

/** Right and at the bottom, to the next multiple. */
function padded(pad: ImageGeometry['pad'], { height, width }: Box): Canvas | null {
  if (pad === undefined) return null;
  const upTo = (length: number): number => Math.ceil(length / pad.multiple) * pad.multiple;
  const [rows, columns] = [upTo(height), upTo(width)];
  if (rows === height && columns === width) return null;
  return { height: rows, width: columns, top: 0, left: 0, value: pad.value };
}

function whole([height, width]: readonly [number, number]): Box {
  return { top: 0, left: 0, height, width };
}

function sizeAfter(resize: ImageGeometry['resize'], height: number, width: number): readonly [number, number] {
  if (resize === null) return [height, width];
  if (typeof resize !== 'number') return resize;
  return height <= width
    ? [resize, Math.max(resize, Math.floor((resize * width) / height))]
    : [Math.max(resize, Math.floor((resize * height) / width)), resize];
}

function cropOf(crop: ImageGeometry['crop'], height: number, width: number, path: string): Box | null {
  if (crop === null) return null;
  const [rows, columns] = typeof crop === 'number' ? [crop, crop] : crop;
  if (rows > height || columns > width) {
    throw new DatasetError({
      expected: `an image of at least ${rows} x ${columns} pixels (height x width) to crop from`,
      got: `${height} x ${width}`,
      where: path,
      advice: 'Set resize so that every image is large enough.',
    });
  }
  return {
    top: roundHalfToEven((height - rows) / 2),
    left: roundHalfToEven((width - columns) / 2),
    width: columns,
    height: rows,
  };
}

/** As Python's `round`: a half goes to the even number. */
function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}
