import { productModule } from './product-module.js';
import { webAssembly } from './web-assembly.js';

/** Rows of float64 in an arena, each as long as `stride`. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly stride: number;
}

/** Which rows of two matrices are multiplied, and how many numbers of each. */
export interface ProductSize {
  readonly firstA: number;
  readonly rows: number;
  readonly firstB: number;
  readonly columns: number;
  readonly depth: number;
}

/** Numbers of a row that are multiplied before the next rows': what caches hold. */
const DEPTH = 256;

const PAGE = 65536;
/** Pages that 32-bit addresses reach. */
const MOST_PAGES = 65536;

type MultiplyAdd = (
  ...parameters: [
    out: number,
    outStride: number,
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    rows: number,
    columns: number,
    depth: number,
  ]
) => void;

/**
 * Memory for matrices whose products WebAssembly computes; one for all layers, as large as the
 * largest needs. Rows and strides of all matrices are multiples of 4, so that the product needs no
 * code for what is left over: what pads them is 0.
 */
export class Arena {
  readonly #memory = new webAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  readonly #multiplyAdd: MultiplyAdd;
  #used = 0;

  constructor() {
    const compiled = new webAssembly.Module(productModule());
    const { exports } = new webAssembly.Instance(compiled, { own: { memory: this.#memory } });
    this.#multiplyAdd = exports['multiplyAdd'] as MultiplyAdd;
  }

  /**
   * Makes room for new matrices of as many numbers in all; those before are gone.
   *
   * @throws RangeError where the machine does not give that much memory
   */
  reset(numbers: number): void {
    const missing = Math.ceil((numbers * 8) / PAGE) - this.#memory.buffer.byteLength / PAGE;
    if (missing > 0) this.#memory.grow(missing);
    this.#used = 0;
  }

  /** A matrix of zeros. */
  matrix(rows: number, columns: number): Matrix {
    const [height, stride] = [padded(rows), padded(columns)];
    const data = new Float64Array(this.#memory.buffer, this.#used * 8, height * stride).fill(0);
    this.#used += data.length;
    return { data, rows: height, stride };
  }

  /**
   * `out[r, c] += sum over k < depth of a[firstA + r, k] b[firstB + c, k]`. The first rows and the
   * depth are multiples of 4, as long as nothing but padding follows.
   */
  multiplyAdd(out: Matrix, a: Matrix, b: Matrix, { firstA, rows, firstB, columns, depth }: ProductSize): void {
    for (let from = 0; from < depth; from += DEPTH) {
      this.#multiplyAdd(
        out.data.byteOffset,
        out.stride * 8,
        a.data.byteOffset + (firstA * a.stride + from) * 8,
        a.stride * 8,
        b.data.byteOffset + (firstB * b.stride + from) * 8,
        b.stride * 8,
        padded(rows),
        padded(columns),
        padded(Math.min(DEPTH, depth - from)),
      );
    }
  }
}

/** The next multiple of 4. */
export function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}
