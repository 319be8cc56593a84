import type { Random } from './random.js';

/** One piece of malformed input, and the real reader that it is fed to. */
export interface FuzzCase {
  /** Which mutation of what: for the report of a failure. */
  readonly what: string;
  /**
   * Writes the input into the folder and reads it.
   *
   * @throws what the reader throws, or `Unsound` where it lets something through that it should not
   */
  read(folder: string): void | Promise<void>;
}

/** A kind of input. */
export interface FuzzFormat {
  readonly name: string;
  /** Cases of this format among all, as a weight. */
  readonly weight: number;
  /** Pure: the same random numbers make the same case. */
  makeCase(random: Random): FuzzCase;
}

/** The reader took the input, but what it gave holds something that must not be stored. */
export class Unsound extends Error {
  override readonly name = 'Unsound';
}
