import { integer } from '../../../schema/schema-leaves.js';

/** Columns of a box behind those of its classes. */
export const extraColumns = integer(
  0,
  'Columns behind the classes that are no classes: 32 of masks, 3 for each keypoint, 1 of an angle.',
).default(0);
