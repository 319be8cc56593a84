import { z } from 'zod';
import { file, filePaths, listOf, oneOf, text } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';

const classList = 'the path of a text file with a class name a line, or a list of class names';

/** A side, or height and width. */
function extent(description: string) {
  const error = 'a whole number from 1, or [height, width]';
  const side = z.int().min(1);
  return z
    .union([side, z.tuple([side, side])], { error })
    .describe(description)
    .nullable()
    .default(null);
}

export const imageFolderSettings = {
  path: file('the path of a folder', 'The folder.'),
  labels: file('the path of a .csv file', 'CSV of path and label; null: the class is the name of the sub-folder.')
    .nullable()
    .default(null),
  classes: z
    .union(
      [
        file(classList, 'A text file.'),
        listOf(text('a class name', 'A name.'), classList, 'Class names in the order of their labels.'),
      ],
      { error: classList },
    )
    .register(filePaths, { kind: 'file' })
    .describe('Class names in label order: a text file with one per line, or a list; null: all sub-folders, sorted.')
    .nullable()
    .default(null),
  resize: extent('Length of the shorter side, or [height, width]; null: as stored.'),
  crop: extent('Centre crop after resizing: side, or [height, width]; null: none.'),
  kernel: oneOf(['linear', 'cubic', 'lanczos3'], 'Resampling filter, widened when shrinking.').default('linear'),
  channels: z
    .literal([1, 3], { error: '1 or 3' })
    .describe('3: red, green, blue; 1: luminance. Grey images fit both.')
    .default(3),
};

type Settings = Settled<typeof imageFolderSettings>;

/**
 * `classes` is absent where all sub-folders are: sources look as they did before there was the
 * setting.
 */
export type ImageFolderSource = Omit<Settings, 'classes'> & { readonly classes?: NonNullable<Settings['classes']> };
