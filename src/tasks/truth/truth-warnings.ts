import type { BoxTruth, TruthPicture } from './box-truth.js';

/** Fewer boxes say little about how all of them were written. */
const FEWEST = 5;

/**
 * What looks as if boxes were written in another form than the format has: two corners, fractions,
 * or boxes of other pictures. Sentences for a person; none where all looks well.
 */
export function truthWarnings({ unit, pictures, path }: BoxTruth): readonly string[] {
  if (unit !== 'pixels') return [];
  const counts = { boxes: 0, leaving: 0, sized: 0, fractions: 0, largerThanPlace: 0, away: 0 };
  for (const picture of pictures) countPicture(picture, counts);
  const { boxes, leaving, sized, fractions, largerThanPlace, away } = counts;
  if (boxes < FEWEST) return [];
  if (fractions === boxes) {
    return [`All boxes of ${path} lie within 0 and 1: they look like fractions, where pixels are expected.`];
  }
  const advice = 'x, y, width, height are expected; these look like two corners.';
  if (sized >= FEWEST && leaving > sized / 2) {
    return [`${leaving} of ${sized} boxes of ${path} reach out of their pictures. ${advice}`];
  }
  if (sized === 0 && largerThanPlace > boxes * 0.98) {
    return [`In ${largerThanPlace} of ${boxes} boxes of ${path} width and height are larger than x and y. ${advice}`];
  }
  return away === 0 ? [] : [`${away} of ${boxes} boxes of ${path} lie outside their pictures altogether.`];
}

function countPicture(
  { size, objects: { boxes } }: TruthPicture,
  counts: { boxes: number; leaving: number; sized: number; fractions: number; largerThanPlace: number; away: number },
): void {
  for (let at = 0; at < boxes.length; at += 4) {
    const [x, y, w, h] = [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!];
    counts.boxes += 1;
    if (x >= 0 && y >= 0 && x + w <= 1 && y + h <= 1) counts.fractions += 1;
    if (x > 0 && y > 0 && w > x && h > y) counts.largerThanPlace += 1;
    if (size === null) continue;
    counts.sized += 1;
    // Annotations round, and some reach a pixel over the edge.
    if (x + w > size[1] + 2 || y + h > size[0] + 2) counts.leaving += 1;
    if (x >= size[1] || y >= size[0] || x + w <= 0 || y + h <= 0) counts.away += 1;
  }
}
