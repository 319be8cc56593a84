import type { Misfit, OutputShape } from '../../output-shape.js';
import { findOutput, type OutputRole } from './find-output.js';
import type { HeadOutput } from './head.js';

/**
 * The outputs of a role: named ones, in their order; or all whose shape fits, maps by falling size.
 *
 * @param levels how many there must be; one output may hold all of them
 */
export function findLevels(
  outputs: readonly OutputShape[],
  names: readonly string[] | null,
  role: OutputRole,
  levels: number,
): readonly number[] | Misfit {
  if (names !== null) {
    const found: number[] = [];
    for (const name of names) {
      const place = findOutput(outputs, name, role);
      if (typeof place !== 'number') return place;
      found.push(place);
    }
    return found;
  }
  const fitting = outputs.flatMap(({ dims }, index) => (role.fits(dims) ? [index] : []));
  if (fitting.length !== levels) {
    const place = findOutput(outputs, null, role);
    return typeof place === 'number' ? [place] : place;
  }
  const size = (index: number): number =>
    outputs[index]!.dims.reduce<number>((product, length) => product * (length ?? 1), 1);
  return fitting.sort((a, b) => size(b) - size(a) || a - b);
}

/**
 * Values of levels as `[boxes, columns]`, level after level, row by row: lists `[boxes, columns]`
 * as they are, maps `[columns, H, W]` with columns last.
 */
export function joinLevels(outputs: readonly HeadOutput[], columns: number): Float32Array {
  if (outputs.length === 1 && outputs[0]!.dims.length === 2) return outputs[0]!.data;
  const joined = new Float32Array(outputs.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data, dims } of outputs) {
    const cells = data.length / columns;
    const [ofCell, ofColumn] = dims.length === 2 ? [columns, 1] : [1, cells];
    for (let cell = 0; cell < cells; cell += 1) {
      for (let column = 0; column < columns; column += 1) joined[at++] = data[cell * ofCell + column * ofColumn]!;
    }
  }
  return joined;
}

/** Of a list `[boxes, columns]` or a map `[columns, H, W]` the number of columns. */
export function columnsOf(dims: OutputShape['dims']): number | null {
  return (dims.length === 3 ? dims[0] : dims[1]) ?? null;
}
