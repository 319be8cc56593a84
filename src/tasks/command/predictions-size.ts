import type { OutputShape } from '../output-shape.js';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Three digits, in powers of 1000 as disks are sold. */
export function sizeText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${UNITS[unit]!}`;
}

/**
 * What the outputs of all samples take on disk, in float32.
 *
 * @returns isLeast: an output's size is not known, or differs from sample to sample
 */
export function predictionsSize(
  outputs: readonly OutputShape[],
  samples: number,
): { readonly bytes: number; readonly isLeast: boolean } {
  let bytes = 0;
  let isLeast = false;
  for (const { dims } of outputs) {
    const lengths = dims.slice(1);
    if (dims.length === 1 && dims[0] === null) isLeast = true;
    else if (lengths.includes(null)) isLeast = true;
    else bytes += 4 * samples * lengths.reduce<number>((product, length) => product * length!, 1);
  }
  return { bytes, isLeast };
}
