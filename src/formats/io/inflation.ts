/** Compressed arrays are held in memory whole. */
export const MOST_INFLATED_BYTES = 2 ** 30;
/** DEFLATE can't expand further (a match of 258 bytes in two bits); arrays of zeros get there. */
const DEFLATE_RATIO = 1032;
/** Of any ratio. */
const FREE_BYTES = 2 ** 26;
/** Beyond that; sparse grids of detectors come to 50:1. */
const MOST_RATIO = 200;

/**
 * How many bytes compressed data may become, decided before they are inflated: a file of a megabyte
 * that becomes a gigabyte is a bomb, or an array that is better stored plain.
 */
export function mostInflatedBytes(compressedBytes: number, limit: number = MOST_INFLATED_BYTES): number {
  return Math.min(limit, compressedBytes * DEFLATE_RATIO, Math.max(FREE_BYTES, compressedBytes * MOST_RATIO));
}
