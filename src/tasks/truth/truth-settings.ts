import { z } from 'zod';
import { text } from '../../schema/schema-leaves.js';

/** The array of a `.npz` file that holds ground truth. */
export const truthArrayName = text(
  'the name of an array in the archive',
  'Where truth is a .npz file, the array in it.',
)
  .nullable()
  .default(null);

function suffix(description: string) {
  return z.string({ error: 'a text' }).describe(description).default('');
}

/** How names of samples and of files of ground truth differ. */
export const truthSuffixes = {
  sampleSuffix: suffix('End of the names of samples, before the extension, that names in truth lack: `_leftImg8bit`.'),
  truthSuffix: suffix('The same of names in truth: `_gtFine_labelTrainIds`. Files without it are left out.'),
};
