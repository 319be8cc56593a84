import { listOf, text } from '../../../schema/schema-leaves.js';

/** The setting that names the outputs of levels. */
export function levelNames(role: string) {
  return listOf(
    text('the name of an output', 'A name.'),
    'a list of names of outputs',
    `Outputs with ${role}, of each level by its stride, or one of all; null: those whose shape fits.`,
  )
    .nullable()
    .default(null);
}
