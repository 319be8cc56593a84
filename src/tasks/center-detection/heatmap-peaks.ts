import { NonFiniteError } from '../../records/non-finite-error.js';

/** Peaks of one scene's heatmap, by falling score, equal ones by rising cell; arrays `[peaks]`. */
export interface Peaks {
  readonly score: Float32Array;
  /** Flat index in `[classes, H, W]`. */
  readonly cell: Int32Array;
}

/**
 * Returns the peaks of `heatmap`, `[classes, rows, columns]`: cells whose score is at least
 * `minScore` (as float32) and at least that of all 8 neighbours of their class (on a plateau each
 * cell is one). Of these, over all classes together, the `maxPeaks` best.
 *
 * @throws NonFiniteError when a score is NaN or infinite.
 */
export function findPeaks(
  heatmap: Float32Array,
  rows: number,
  columns: number,
  options: { readonly minScore: number; readonly maxPeaks: number; readonly scene: number },
): Peaks {
  const minScore = Math.fround(options.minScore);
  const plane = rows * columns;
  const cells: number[] = [];
  for (let cell = 0; cell < heatmap.length; cell += 1) {
    const score = heatmap[cell]!;
    if (!Number.isFinite(score)) {
      throw new NonFiniteError(`output, sample ${options.scene}, class ${Math.floor(cell / plane)}`, score);
    }
    if (score >= minScore && isPeak(heatmap, cell, rows, columns)) cells.push(cell);
  }
  cells.sort((a, b) => heatmap[b]! - heatmap[a]! || a - b);
  const cell = Int32Array.from(cells.slice(0, options.maxPeaks));
  return { cell, score: Float32Array.from(cell, (place) => heatmap[place]!) };
}

function isPeak(heatmap: Float32Array, cell: number, rows: number, columns: number): boolean {
  const score = heatmap[cell]!;
  const x = cell % columns;
  const y = Math.floor(cell / columns) % rows;
  for (let dy = y === 0 ? 0 : -1; dy <= (y === rows - 1 ? 0 : 1); dy += 1) {
    for (let dx = x === 0 ? 0 : -1; dx <= (x === columns - 1 ? 0 : 1); dx += 1) {
      if (heatmap[cell + dy * columns + dx]! > score) return false;
    }
  }
  return true;
}
