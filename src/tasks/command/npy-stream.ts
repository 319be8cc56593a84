import { closeSync, openSync, writeSync } from 'node:fs';
import { MetricError } from '../metric-error.js';

/** Longest decimal number of rows that room is left for. */
const MOST_DIGITS = '9'.repeat(16);

/**
 * A `.npy` file of one output that is written sample by sample: float32, little endian, in C order
 * (NumPy's format, version 1.0).
 *
 * Samples of one shape make `[N, ...]`, in whatever order they come. Where the first axis of a
 * sample differs from sample to sample, as behind NonMaxSuppression, the rows of all samples lie
 * one after the other, `[rows of all, ...]`; samples must then come in their order.
 */
export class NpyStream {
  readonly #file: number;
  readonly #output: string;
  readonly #sampleCount: number;
  /** Of the first sample that came. */
  readonly #shape: readonly number[];
  readonly #headerBytes: number;
  /** By sample, length of its first axis; -1 before it came. */
  readonly #rows: Int32Array;
  /** Numbers of all samples so far. */
  #numbers = 0;
  #isVarying = false;
  /** Samples so far came in their order, from the first on. */
  #next: number | null = 0;

  /** @param shape of a sample, without the batch axis */
  constructor(path: string, output: string, sampleCount: number, shape: readonly number[]) {
    this.#file = openSync(path, 'w');
    this.#output = output;
    this.#sampleCount = sampleCount;
    this.#shape = shape;
    this.#rows = new Int32Array(sampleCount).fill(-1);
    const longest = [MOST_DIGITS, ...shape.slice(1)];
    this.#headerBytes = Math.max(headerOf([sampleCount, ...shape]).length, headerOf(longest).length);
  }

  /**
   * @param data of `count` samples from `first` on, `[count, ...shape]`
   * @throws MetricError where shapes don't go together
   */
  add(first: number, count: number, data: Float32Array, shape: readonly number[]): void {
    const size = shape.reduce((product, length) => product * length, 1);
    if (shape.join() !== this.#shape.join()) this.#vary(shape);
    if (this.#isVarying && this.#next !== first) throw this.#unordered();
    const own = this.#shape.reduce((product, length) => product * length, 1);
    const place = this.#isVarying ? this.#numbers : first * own;
    writeAll(this.#file, bytesOf(data), this.#headerBytes + 4 * place);
    this.#rows.fill(shape[0] ?? 1, first, first + count);
    this.#numbers += count * size;
    this.#next = this.#next === first ? first + count : null;
  }

  /** Rows of each sample where they differ; null where all have one shape. */
  get rows(): readonly number[] | null {
    return this.#isVarying ? [...this.#rows] : null;
  }

  /** Of the array in the file. */
  get arrayShape(): readonly number[] {
    if (!this.#isVarying) return [this.#sampleCount, ...this.#shape];
    return [this.#rows.reduce((sum, rows) => sum + rows, 0), ...this.#shape.slice(1)];
  }

  /** Writes the head, and closes the file. */
  finish(): void {
    writeAll(this.#file, headerOf(this.arrayShape, this.#headerBytes), 0);
    this.close();
  }

  close(): void {
    closeSync(this.#file);
  }

  #vary(shape: readonly number[]): void {
    const isOfRows = shape.length > 0 && shape.length === this.#shape.length;
    if (!isOfRows || shape.slice(1).join() !== this.#shape.slice(1).join()) {
      throw new MetricError(
        `Expected output "${this.#output}" of shape [${this.#shape.join(', ')}] for every sample, or one that differs in its first axis, got [${shape.join(', ')}]`,
      );
    }
    if (this.#next === null) throw this.#unordered();
    this.#isVarying = true;
  }

  #unordered(): MetricError {
    return new MetricError(`Expected samples of output "${this.#output}", whose size differs, in their order`);
  }
}

/** @param bytes of the whole, a multiple of 64, as NumPy pads it */
function headerOf(shape: readonly (number | string)[], bytes?: number): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The header ends with a line feed.
  const length = (bytes ?? 64 * Math.ceil((10 + dict.length + 1) / 64)) - 10;
  const header = Buffer.alloc(10 + length, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(dict, 10, 'latin1');
  header.write('\n', 10 + length - 1, 'latin1');
  return header;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
