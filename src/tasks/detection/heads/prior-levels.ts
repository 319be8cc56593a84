import { z } from 'zod';
import { listOf, positive } from '../../../schema/schema-leaves.js';

const pair = (what: string) => z.tuple([z.number().gt(0), z.number().gt(0)], { error: `a list: ${what}` });

/** Priors of a level, as a file declares them. */
export const priorLevels = listOf(
  z.strictObject({
    map: pair('rows and columns'),
    sizes: listOf(
      pair('width and height'),
      'a list of [width, height]',
      'Sizes of the priors of a cell, in pixels of the sample, in their order.',
    ),
    stride: positive('Distance of cells in pixels of the sample; null: the sample over the map.')
      .nullable()
      .default(null),
  }),
  'a list of levels with map, sizes and stride',
  'Priors to be made, instead of a file: of each level its map [rows, columns] and the sizes [width, height] of a cell, in their order.',
);

export interface PriorLevel {
  readonly map: readonly [number, number];
  readonly sizes: readonly (readonly [number, number])[];
  readonly stride: number | null;
}

/**
 * Priors `[boxes, 4]`: cx, cy, w, h as fractions of the sample; by levels, rows, columns, sizes. A
 * prior is centred in its cell: cx = (column + 0.5) * stride.
 *
 * @param input height and width of a sample
 */
export function makePriors(levels: readonly PriorLevel[], [height, width]: readonly [number, number]): Float64Array {
  const priors: number[] = [];
  for (const { map, sizes, stride } of levels) {
    const [rows, columns] = map;
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const x = stride === null ? (column + 0.5) / columns : ((column + 0.5) * stride) / width;
        const y = stride === null ? (row + 0.5) / rows : ((row + 0.5) * stride) / height;
        for (const [w, h] of sizes) priors.push(x, y, w / width, h / height);
      }
    }
  }
  return Float64Array.from(priors);
}
