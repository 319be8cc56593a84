/**
 * What was detected in one picture, in its pixels; by falling score, in the order in which equal
 * scores count; arrays `[detections]`.
 */
export interface PictureDetections {
  readonly score: Float64Array;
  readonly class: Int32Array;
  /** `[detections, 4]`: x, y, width, height. */
  readonly boxes: Float64Array;
}

/** The objects of one picture, in its pixels, with classes as the model counts them. */
export interface PictureObjects {
  readonly class: Int32Array;
  /** `[objects, 4]`: x, y, width, height. */
  readonly boxes: Float64Array;
  readonly area: Float64Array;
  readonly crowd: Uint8Array;
}
