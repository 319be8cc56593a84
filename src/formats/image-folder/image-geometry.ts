import type { PillowKernel } from '../preprocess/resample.js';

/** How an image file becomes bytes of one size. */
export interface ImageGeometry {
  /** Length of the shorter side, or `[height, width]`; null: as stored. */
  readonly resize: number | readonly [number, number] | null;
  /** Side, or `[height, width]`, cut from the centre; null: none. */
  readonly crop: number | readonly [number, number] | null;
  readonly kernel: ResizeKernel;
  /** 3: red, green, blue; 1: luminance. */
  readonly channels: 1 | 3;
  /** Instead of `resize` and `crop`; absent: none. */
  readonly letterbox?: Letterbox;
  /** What is added right and at the bottom after `resize` and `crop`; absent: nothing. */
  readonly pad?: { readonly multiple: number; readonly value: number };
  /** `exif`: turned upright as the file's EXIF orientation says; absent: as stored. */
  readonly orientation?: 'exif';
}

/** Pillow's filters widen when shrinking; `opencvLinear` is `INTER_LINEAR`, which does not. */
export type ResizeKernel = PillowKernel | 'opencvLinear';

/** The whole picture inside a sample of a fixed size. */
export interface Letterbox {
  /** Height and width of the sample. */
  readonly size: readonly [number, number];
  /** Value of the pixels around the picture, 0..255: before `data.preprocess`. */
  readonly pad: number;
  readonly align: 'center' | 'topLeft';
  /** Of the picture's size inside: to even at a half, as Python does, or down, as YOLOX does. */
  readonly rounding: 'halfEven' | 'truncate';
  /** Whether pictures smaller than the sample are enlarged. */
  readonly scaleUp: boolean;
}
