import { listOf, positive } from '../../../schema/schema-leaves.js';

/** The setting of heads whose boxes lie on grids. */
export function strideList(byDefault: readonly number[]) {
  return listOf(
    positive('A stride in pixels.'),
    'a list of strides in pixels',
    'Strides of the levels in pixels of the sample, in the order of the boxes.',
  ).default([...byDefault]);
}
