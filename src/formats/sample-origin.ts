/**
 * Where the pixels of a picture lie in a sample: a point at `x` of the picture is at
 * `x * scaleX + left` of the sample, and likewise along the rows. In pixels, 0 the left or upper
 * edge; a crop has a negative `left` or `top`.
 */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly left: number;
  readonly top: number;
}

/** Where a sample comes from, as far as the format of the data knows. */
export interface SampleOrigin {
  /** Path inside the folder, with `/`; null where samples have no names. */
  readonly name: string | null;
  /** Height and width of the upright picture, in pixels; null where it is none. */
  readonly size: readonly [number, number] | null;
  /** Null where the sample is no picture, or it is not known. */
  readonly placement: Placement | null;
}
