import type { Placement } from '../../formats/sample-origin.js';

/** How one axis of a picture lies on an axis of the output; 0 is the edge of the first. */
export interface PictureAxis {
  /** Pixels of the picture. */
  readonly length: number;
  /** Numbers of the output. */
  readonly cells: number;
  /** Cells that show the picture, not what surrounds it. */
  readonly first: number;
  readonly last: number;
  /** The place in cells of a place in pixels. */
  cellAt(place: number): number;
  /** The place in pixels of a place in cells. */
  pixelAt(place: number): number;
}

/** Where an axis of the picture lies in the sample, and how long the sample is, in pixels. */
export interface AxisPlacement {
  readonly scale: number;
  readonly offset: number;
  readonly extent: number;
}

/**
 * The axis of a picture of `length` pixels on one of `cells` numbers that cover the whole sample.
 *
 * @param placement null: the picture fills the sample
 */
export function pictureAxis(length: number, cells: number, placement: AxisPlacement | null): PictureAxis {
  if (placement === null || fills(length, placement)) {
    return {
      ...{ length, cells, first: 0, last: cells - 1 },
      // The product first: quotients of whole numbers are then exact where they are whole.
      cellAt: (place) => (place * cells) / length,
      pixelAt: (place) => (place * length) / cells,
    };
  }
  const { scale, offset, extent } = placement;
  const cellAt = (place: number): number => ((place * scale + offset) * cells) / extent;
  const first = Math.min(cells - 1, Math.max(0, Math.round(cellAt(0))));
  return {
    ...{ length, cells, first, cellAt },
    last: Math.max(first, Math.min(cells, Math.round(cellAt(length))) - 1),
    pixelAt: (place) => ((place * extent) / cells - offset) / scale,
  };
}

/** The axes of rows and columns. */
export function placementOf(
  { scaleX, scaleY, left, top }: Placement,
  [height, width]: readonly [number, number],
): readonly [AxisPlacement, AxisPlacement] {
  return [
    { scale: scaleY, offset: top, extent: height },
    { scale: scaleX, offset: left, extent: width },
  ];
}

function fills(length: number, { scale, offset, extent }: AxisPlacement): boolean {
  return offset === 0 && Math.abs(scale * length - extent) < 1e-9 * extent;
}

/** For each pixel the two cells around its centre and the share of the second; -1: none. */
export interface LinearTaps {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly share: Float64Array;
}

/**
 * Linear interpolation with half-pixel centres, cells beyond the picture's edge left out, as
 * `interpolate(align_corners=False)` of torch does on what shows the picture. Pixels that a crop
 * has cut away have none.
 */
export function linearTaps(axis: PictureAxis): LinearTaps {
  const { length, cells, first, last } = axis;
  const lower = new Int32Array(length).fill(-1);
  const upper = new Int32Array(length);
  const share = new Float64Array(length);
  for (let pixel = 0; pixel < length; pixel += 1) {
    const place = axis.cellAt(pixel + 0.5);
    if (place < 0 || place >= cells) continue;
    const centred = Math.min(last, Math.max(first, place - 0.5));
    lower[pixel] = Math.floor(centred);
    upper[pixel] = Math.min(last, lower[pixel]! + 1);
    share[pixel] = centred - lower[pixel]!;
  }
  return { lower, upper, share };
}

export type Nearest = 'floor' | 'center';

/** The nearest cell of each pixel; -1: none. */
export function nearestCells(axis: PictureAxis, nearest: Nearest): Int32Array {
  return Int32Array.from({ length: axis.length }, (_, pixel) => {
    const center = axis.cellAt(pixel + 0.5);
    if (center < 0 || center >= axis.cells) return -1;
    const place = nearest === 'center' ? center : axis.cellAt(pixel);
    return Math.min(axis.last, Math.max(axis.first, Math.floor(place)));
  });
}

/** The nearest pixel of each cell; -1: none. */
export function nearestPixels(axis: PictureAxis, nearest: Nearest): Int32Array {
  return Int32Array.from({ length: axis.cells }, (_, cell) => {
    const center = axis.pixelAt(cell + 0.5);
    if (center < 0 || center >= axis.length) return -1;
    const place = nearest === 'center' ? center : axis.pixelAt(cell);
    return Math.min(axis.length - 1, Math.max(0, Math.floor(place)));
  });
}
