import type { OutputShape } from '../../output-shape.js';

/**
 * What heads of detectors such a shape usually is, most likely first: `yolov8 with 80 classes`.
 *
 * @param dims of one sample, without the batch axis
 */
export function looksLike(dims: OutputShape['dims']): readonly string[] {
  const lengths = dims.length === 1 ? [] : dims;
  const [a, b] = lengths;
  if (lengths.length === 5 || (lengths.length === 4 && lengths[0] === 3)) {
    return [`yolov7 (raw maps, with ${String((lengths.at(-1) ?? 6) - 5)} classes)`];
  }
  if (lengths.length !== 2 || typeof a !== 'number' || typeof b !== 'number') return [];
  if (b === 6 && a <= 1000) return ['end2end'];
  if (b === 7) return ['batched'];
  if (b === 4) return ['boxes, ssd or rtdetr, with scores in another output'];
  if (b === 5 && a <= 1000) return ['boxes, with labels in another output'];
  if (a < b && a > 4) return [`yolov8 with ${a - 4} ${a === 5 ? 'class' : 'classes'}`];
  if (b < a && b > 5) {
    const [five, four] = [b - 5, b - 4];
    return [`yolov5 or yolox with ${five} ${five === 1 ? 'class' : 'classes'}`, `rtdetr with ${four}`];
  }
  return [];
}

/** A sentence that says which head fits a shape. */
export function nearestAdvice(dims: OutputShape['dims']): string {
  const kinds = looksLike(dims);
  if (kinds.length === 0) return 'docs/TASKS.md lists the heads, and what each of their outputs is.';
  return `Such a shape looks like ${kinds.join(', or ')}: set task.head.kind.`;
}
