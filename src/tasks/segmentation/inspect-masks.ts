import { DatasetError } from '../../formats/dataset-error.js';
import type { TaskSurroundings } from '../task.js';
import { maskClasses } from './mask-classes.js';
import { openMaskTruth } from './mask-truth.js';
import { outputForm } from './output-form.js';
import { declaredClasses, type SegmentationTask } from './segmentation-settings.js';

/** Masks that are read before a sweep: a file takes milliseconds, and there may be thousands. */
const MOST_READ = 50;

/**
 * Finds the mask of every sample, and reads some of them, spread over all.
 *
 * @returns how masks were found, which numbers they hold, and the classes these are
 * @throws DatasetError when a mask is missing, holds other numbers, or all that is not background
 *   is left out
 */
export function inspectMasks(
  task: SegmentationTask,
  { sampleCount, names, outputs }: TaskSurroundings,
): readonly string[] {
  const truth = openMaskTruth(task, names, sampleCount);
  const form = outputs[0] === undefined ? null : outputForm(task, outputs[0].dims);
  const classes = form === null || 'misfit' in form ? declaredClasses(task) : form.classes;
  const step = Math.max(1, sampleCount / MOST_READ);
  const found = new Map<number, number>();
  let pixels = 0;
  let read = 0;
  const counted = new Set<number>();
  const toClasses = classes === null ? null : maskClasses(task, classes);
  for (let place = 0; Math.floor(place) < sampleCount; place += step) {
    const mask = truth.read(Math.floor(place));
    read += 1;
    pixels += mask.data.length;
    for (let pixel = 0; pixel < mask.data.length; pixel += 1) {
      found.set(mask.data[pixel]!, (found.get(mask.data[pixel]!) ?? 0) + 1);
    }
    for (const each of new Set(toClasses?.(mask))) counted.add(each);
  }
  // Of more classes, pictures may well show the first alone, with a border that is left out.
  const isForeground = classes === 2 && !task.reduceZeroLabel;
  if (isForeground && ![...counted].some((each) => each > 0) && task.ignore.some((value) => found.has(value))) {
    throw new DatasetError({
      expected: 'pixels of a class besides the first in masks',
      got: `none in ${read} of them, but ${task.ignore.filter((value) => found.has(value)).join(', ')}, which task.ignore leaves out`,
      where: task.truth,
      advice: 'Where 255 is the foreground, set task.relabel: { 255: 1 }.',
    });
  }
  const numbers = [...found].sort(([a], [b]) => a - b);
  const text = numbers
    .slice(0, 30)
    .map(([value, count]) => `${value} (${share(count, pixels)}${roleOf(task, value)})`)
    .join(', ');
  return [
    ...truth.notes,
    `Numbers in ${read === sampleCount ? 'them' : `${read} of them`}: ${text}${numbers.length > 30 ? ', ...' : ''}`,
  ];
}

function share(count: number, all: number): string {
  const percent = (100 * count) / all;
  return percent > 0 && percent < 0.1 ? 'below 0.1 %' : `${percent.toFixed(1)} %`;
}

function roleOf(task: SegmentationTask, stored: number): string {
  const value = task.relabel[String(stored)] ?? stored;
  if (task.ignore.includes(value) || (task.reduceZeroLabel && value === 0)) return ', left out';
  const index = task.reduceZeroLabel ? value - 1 : value;
  const name = Array.isArray(task.classes) ? (task.classes as readonly string[])[index] : undefined;
  if (name !== undefined) return `, ${name}`;
  return index === stored ? '' : `, class ${index}`;
}
