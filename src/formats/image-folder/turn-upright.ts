import type { Pixels } from '../preprocess/resample.js';

/**
 * EXIF's eight orientations (CIPA DC-008, tag 0x0112): where row and column 0 of what is stored
 * belong. Of each: the axes change places, and then rows, columns or both are read backwards.
 */
const TURNS: readonly { readonly swaps: boolean; readonly upward: boolean; readonly leftward: boolean }[] = [
  { swaps: false, upward: false, leftward: false },
  { swaps: false, upward: false, leftward: true },
  { swaps: false, upward: true, leftward: true },
  { swaps: false, upward: true, leftward: false },
  { swaps: true, upward: false, leftward: false },
  { swaps: true, upward: true, leftward: false },
  { swaps: true, upward: true, leftward: true },
  { swaps: true, upward: false, leftward: true },
];

/** Whether a picture of that orientation has height and width exchanged. */
export function isOnItsSide(orientation: number | undefined): boolean {
  return turnOf(orientation).swaps;
}

/**
 * The pixels as the picture is to be seen.
 *
 * @param orientation EXIF's, 1 to 8; anything else is taken for 1, as viewers do
 */
export function turnUpright(stored: Pixels, channels: number, orientation: number | undefined): Pixels {
  const { swaps, upward, leftward } = turnOf(orientation);
  if (!swaps && !upward && !leftward) return stored;
  const [rows, columns] = [stored.height, stored.width];
  const [height, width] = swaps ? [columns, rows] : [rows, columns];
  // Steps in the stored picture, in pixels, of one step to the right and one down in the upright
  // one.
  const [alongRow, alongColumn] = [leftward ? -1 : 1, upward ? -columns : columns];
  const [right, down] = swaps ? [alongColumn, alongRow] : [alongRow, alongColumn];
  const start = (upward ? (rows - 1) * columns : 0) + (leftward ? columns - 1 : 0);
  const data = new Uint8Array(stored.data.length);
  let place = 0;
  for (let y = 0; y < height; y += 1) {
    let from = (start + y * down) * channels;
    for (let x = 0; x < width; x += 1) {
      for (let channel = 0; channel < channels; channel += 1) data[place + channel] = stored.data[from + channel]!;
      place += channels;
      from += right * channels;
    }
  }
  return { data, height, width };
}

function turnOf(orientation: number | undefined) {
  return TURNS[(orientation ?? 1) - 1] ?? TURNS[0]!;
}
