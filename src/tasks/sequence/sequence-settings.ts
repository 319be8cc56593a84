import { z } from 'zod';
import { file, flag, oneOf } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { bootstrap } from '../bootstrap-setting.js';

const alphabetForm = 'a text of its characters, or a list of texts';
const blankForm = 'a whole number from 0, or last';

export const sequenceSettings = {
  truth: file('the path of the file with the texts', 'Texts of the samples: CSV, JSON, or text with a line each.'),
  alphabet: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)], { error: alphabetForm })
    .describe('Characters of the classes in order, without the blank. This or `alphabetFile`.')
    .nullable()
    .default(null),
  alphabetFile: file('the path of a text file, a character a line', 'The same in a file, a character a line.')
    .nullable()
    .default(null),
  appendSpace: flag("A space is the last character, behind those of the alphabet: PaddleOCR's use_space_char.").default(
    false,
  ),
  blank: z
    .union([z.int().min(0), z.literal('last')], { error: blankForm })
    .describe('Class of the blank: 0 in PaddleOCR and torch, `last` in TensorFlow and Keras.')
    .default(0),
  layout: oneOf(['NTC', 'TNC', 'NCT'], 'Axes of the output: N samples, T steps, C classes.').default('NTC'),
  unicode: oneOf(
    ['asIs', 'NFC', 'NFD', 'NFKC', 'NFKD'],
    'Normalization of both texts before they are compared.',
  ).default('asIs'),
  ignoreCase: flag('Both texts are compared in lower case.').default(false),
  primary: oneOf(['exact', 'cer'], 'What trials are ranked by: exact matches, or 1 - character error rate.').default(
    'exact',
  ),
  bootstrap,
};

export type SequenceTask = Settled<typeof sequenceSettings>;
