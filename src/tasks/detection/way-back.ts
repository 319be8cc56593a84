import type { Placement } from '../../formats/sample-origin.js';
import type { Frame } from './heads/head.js';
import type { PictureDetections } from './picture-detections.js';
import type { SuppressedBoxes } from './suppress-candidates.js';

/** What is known of how a picture became a sample. */
export interface PictureFrame {
  /** Height and width of the picture; null: not known. */
  readonly size: readonly [number, number] | null;
  /** Where the picture lies in the sample; null: not known, so boxes are taken as the picture's. */
  readonly placement: Placement | null;
  /** Height and width of the sample; null: not known. */
  readonly input: readonly [number, number] | null;
}

/**
 * Boxes in pixels of the picture: x = (x_sample - left) / scale, cut to the picture where its size
 * is known. Fractions are of the sample, or of the picture where the sample's size or place is not
 * known. Boxes that are the picture's already are left as they are.
 *
 * @returns null where fractions can't become pixels, as no size is known
 */
export function toPicture(found: SuppressedBoxes, frame: Frame, picture: PictureFrame): PictureDetections | null {
  const { size, placement } = picture;
  const unit = unitOf(frame, picture);
  if (unit === null) return null;
  const isMoved = frame !== 'picture' && placement !== null;
  const { scaleX, scaleY, left, top } = isMoved && !unit.isOfPicture ? placement : AS_IT_IS;
  const [height, width] =
    size !== null && (isMoved || unit.isOfPicture) ? size : [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const low = Number.isFinite(width) ? 0 : Number.NEGATIVE_INFINITY;
  const boxes = new Float64Array(found.corners.length);
  const x = (value: number): number => Math.min(Math.max((value * unit.x - left) / scaleX, low), width);
  const y = (value: number): number => Math.min(Math.max((value * unit.y - top) / scaleY, low), height);
  for (let at = 0; at < boxes.length; at += 4) {
    const [x1, y1] = [x(found.corners[at]!), y(found.corners[at + 1]!)];
    boxes[at] = x1;
    boxes[at + 1] = y1;
    boxes[at + 2] = x(found.corners[at + 2]!) - x1;
    boxes[at + 3] = y(found.corners[at + 3]!) - y1;
  }
  return { score: found.score, class: found.class, boxes };
}

const AS_IT_IS: Placement = { scaleX: 1, scaleY: 1, left: 0, top: 0 };

interface Unit {
  readonly x: number;
  readonly y: number;
  /** Times this, boxes are in pixels of the picture. */
  readonly isOfPicture: boolean;
}

function unitOf(frame: Frame, { size, placement, input }: PictureFrame): Unit | null {
  if (frame !== 'fraction') return { x: 1, y: 1, isOfPicture: false };
  if (placement !== null && input !== null) return { x: input[1], y: input[0], isOfPicture: false };
  return size === null ? null : { x: size[1], y: size[0], isOfPicture: true };
}
