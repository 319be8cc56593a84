import { text } from '../../../schema/schema-leaves.js';

/** The setting that names an output by its role. */
export function outputName(role: string) {
  return text('the name of an output', `Output with ${role}; null: the only one whose shape fits.`)
    .nullable()
    .default(null);
}
