import type { TaskSurroundings } from '../task.js';
import { openPictureTruth } from './picture-truth.js';
import { pictureForm } from './picture-form.js';
import type { RestorationTask } from './restoration-settings.js';

/**
 * Finds the truth of every sample and reads that of the first.
 *
 * @throws DatasetError when one is missing or can't be read
 */
export async function inspectPictures(
  task: RestorationTask,
  { sampleCount, names, outputs }: TaskSurroundings,
): Promise<readonly string[]> {
  const truth = openPictureTruth(task, names, sampleCount);
  const form = outputs[0] === undefined ? null : pictureForm(task, outputs[0].dims);
  const known = form === null || 'misfit' in form ? null : form.channels;
  const { height, width, channels } = await truth.read(0, known === 1 ? 1 : 3);
  const luma = task.channel === 'y' ? ', luma alone' : '';
  const rounded = task.round ? 'rounded to 8 bits' : 'not rounded';
  return [
    ...truth.notes,
    `The first is ${height} x ${width} (height x width) of ${channels} ${channels === 1 ? 'channel' : 'channels'}. ` +
      `Outputs from 0 to ${task.range} are compared ${rounded}${luma}, ${task.crop} pixels along each border left out`,
  ];
}
