/**
 * Intersection over union of two boxes x, y, width, height in pixels, without the extra pixel of
 * older definitions; 0 where either extent of the overlap is not above 0. Of a crowd it is over the
 * detection's area (cocoapi `bbIou`).
 *
 * @param detections `[.., 4]`, the box at `detection * 4`
 */
export function boxOverlap(
  detections: Float64Array,
  detection: number,
  objects: Float64Array,
  object: number,
  isCrowd: boolean,
): number {
  const [d, g] = [detection * 4, object * 4];
  const [dx, dy, dw, dh] = [detections[d]!, detections[d + 1]!, detections[d + 2]!, detections[d + 3]!];
  const [gx, gy, gw, gh] = [objects[g]!, objects[g + 1]!, objects[g + 2]!, objects[g + 3]!];
  const width = Math.min(dw + dx, gw + gx) - Math.max(dx, gx);
  if (width <= 0) return 0;
  const height = Math.min(dh + dy, gh + gy) - Math.max(dy, gy);
  if (height <= 0) return 0;
  const overlap = width * height;
  const area = dw * dh;
  return overlap / (isCrowd ? area : area + gw * gh - overlap);
}
