import type { NpyArray } from './npy/npy-header.js';
import type { SampleOrigin } from './sample-origin.js';

/**
 * Detection ground truth: centres in cells, x along the last axis, y along the rows; cell (0, 0)
 * spans [0,1)x[0,1).
 */
export interface DetectionGroundTruth {
  readonly classes: readonly string[];
  /** Rows, columns of the heatmap. */
  readonly grid: readonly [number, number];
  readonly scenes: readonly {
    readonly objects: readonly { readonly class: number; readonly x: number; readonly y: number }[];
  }[];
}

/** What one further input of the model is fed with. */
export type FurtherInput =
  | { readonly kind: 'value'; readonly name: string; readonly value: number }
  | {
      readonly kind: 'array';
      readonly name: string;
      /** `sample`: `[sampleCount, ...]`, one entry a sample; `run`: whole to every run. */
      readonly per: 'sample' | 'run';
      readonly array: NpyArray;
    };

/**
 * An ordered, random-access set of preprocessed samples. Memory does not grow with `sampleCount`
 * for file-backed sets: samples are read when asked for.
 */
export interface Dataset {
  readonly sampleCount: number;
  /** Shape of one sample as the model sees it, without the batch axis, e.g. `[3, 32, 32]`. */
  readonly sampleShape: readonly number[];
  /** Class labels `[sampleCount]`, or null. */
  readonly labels: Int32Array | null;
  readonly groundTruth: DetectionGroundTruth | null;
  /** Of each sample its path inside the folder, with `/`; absent where samples have no names. */
  readonly names?: readonly string[];
  /** What the model's further inputs are fed with; absent where it has none. Not preprocessed. */
  readonly inputs?: readonly FurtherInput[];
  /**
   * What a person should know of how the source was read, such as files that were left out; absent:
   * nothing.
   */
  readonly notes?: readonly string[];
  /** Which entry of `inputs` belongs to each sample, `[sampleCount]`; absent: its own. */
  readonly order?: Uint32Array;
  /**
   * Writes samples `first .. first + count - 1`, preprocessed, contiguous row-major, into `into`
   * (`count * product(sampleShape)` floats from offset 0). A promise where samples are decoded
   * elsewhere: await it, and don't start another read before.
   */
  read(first: number, count: number, into: Float32Array): void | Promise<void>;
  /**
   * Where samples `first .. first + count - 1` come from: looks at the heads of files, not at their
   * pixels. Absent where nothing is known.
   */
  origins?(first: number, count: number): Promise<readonly SampleOrigin[]>;
  /** Closes files. Reading afterwards is an error. */
  close(): void;
}
