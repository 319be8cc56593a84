import { DatasetError } from '../../formats/dataset-error.js';
import type { StoredMask } from './mask-truth.js';
import type { SegmentationTask } from './segmentation-settings.js';

type Numbering = Pick<SegmentationTask, 'ignore' | 'relabel' | 'reduceZeroLabel'>;

/** Of a pixel that no count has. */
export const IGNORED = -1;
const OUTSIDE = -2;

/**
 * Returns what turns the numbers of a mask into classes, {@link IGNORED} for pixels that are left
 * out: `relabel` first, then `ignore`, then classes are counted from 0 where masks count them from
 * 1.
 *
 * @param classes classes 0 to this less one
 */
export function maskClasses(task: Numbering, classes: number): (mask: StoredMask) => Int32Array {
  const known = new Map<number, number>();
  function classOf(stored: number): number {
    const number = task.relabel[String(stored)] ?? stored;
    if (task.ignore.includes(number)) return IGNORED;
    if (task.reduceZeroLabel && number === 0) return IGNORED;
    const found = task.reduceZeroLabel ? number - 1 : number;
    return Number.isInteger(found) && found >= 0 && found < classes ? found : OUTSIDE;
  }
  return (mask) => {
    const { data } = mask;
    const own = new Int32Array(data.length);
    let last = NaN;
    let found = OUTSIDE;
    for (let pixel = 0; pixel < data.length; pixel += 1) {
      const stored = data[pixel]!;
      if (stored !== last) {
        last = stored;
        found = known.get(stored) ?? classOf(stored);
        known.set(stored, found);
      }
      if (found === OUTSIDE)
        throw outside(mask, task, classes, (value) => (known.get(value) ?? classOf(value)) === OUTSIDE);
      own[pixel] = found;
    }
    return own;
  };
}

function outside(
  { data, where }: StoredMask,
  { ignore, reduceZeroLabel }: Numbering,
  classes: number,
  isOutside: (value: number) => boolean,
): DatasetError {
  const counts = new Map<number, number>();
  for (let pixel = 0; pixel < data.length; pixel += 1) counts.set(data[pixel]!, (counts.get(data[pixel]!) ?? 0) + 1);
  const values = [...counts.keys()].filter(isOutside).sort((a, b) => a - b);
  const pixels = values.reduce((sum, value) => sum + counts.get(value)!, 0);
  const [from, to] = reduceZeroLabel ? [0, classes] : [0, classes - 1];
  const others = ignore.length === 0 ? '' : ` or one of task.ignore (${ignore.join(', ')})`;
  const zero = reduceZeroLabel ? ' (0 is left out)' : '';
  const advice =
    !reduceZeroLabel && values.length === 1 && values[0] === classes
      ? 'Where masks count classes from 1, set task.reduceZeroLabel.'
      : values.length === 1 && values[0] === 255 && classes === 2
        ? 'Where 255 is the foreground, set task.relabel: { 255: 1 }.'
        : 'Add numbers that are no class to task.ignore, map others by task.relabel, or check that masks and model have the same classes.';
  return new DatasetError({
    expected: `numbers ${from} to ${to}${zero}${others} in the mask`,
    got: `${values.slice(0, 10).join(', ')}${values.length > 10 ? ', ...' : ''} in ${pixels} of ${data.length} pixels`,
    where,
    advice,
  });
}
