/** The objects of a picture, in the order of the file; arrays `[objects]`. */
export interface TruthObjects {
  /** Index in the classes of the ground truth. */
  readonly class: Int32Array;
  /** `[objects, 4]`: x, y, width, height; x and y of the upper left corner. */
  readonly boxes: Float64Array;
  /** In square pixels; NaN where it is width * height, in whatever unit the boxes are. */
  readonly area: Float64Array;
  /** 1: a crowd, or an object that is difficult: neither found nor missed. */
  readonly crowd: Uint8Array;
}

export interface TruthPicture {
  /** Of equal scores that of the lower id counts first; null: by the order of samples. */
  readonly id: number | null;
  /** Path, with `/`; null where the ground truth names no pictures. */
  readonly name: string | null;
  /** Height and width in pixels; null where the ground truth has none. */
  readonly size: readonly [number, number] | null;
  readonly objects: TruthObjects;
}

/** Ground truth of boxes, whatever file it comes from. */
export interface BoxTruth {
  /** As people call it: `COCO JSON`. */
  readonly format: string;
  /** The file or folder, for messages. */
  readonly path: string;
  /** By rising id. */
  readonly classes: readonly { readonly id: number; readonly name: string }[];
  /** Only the classes that objects have are known: a model may have more. */
  readonly classesAreOpen: boolean;
  readonly pictures: readonly TruthPicture[];
  /** `fraction`: of the width and height of the picture. */
  readonly unit: 'pixels' | 'fraction';
  /** Samples without a picture here have no objects, as YOLO has it; false: that is an error. */
  readonly missingIsEmpty: boolean;
  /** Names are matched without their ending. */
  readonly ignoresEnding: boolean;
  /** What was left out or looks wrong, for a person. */
  readonly notes: readonly string[];
}

/** One object, while a file is read. */
export interface TruthObject {
  readonly class: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
  readonly area: number;
  readonly isCrowd: boolean;
}

/** Objects as arrays, in their order. */
export function packObjects(objects: readonly TruthObject[]): TruthObjects {
  return {
    class: Int32Array.from(objects, (each) => each.class),
    boxes: Float64Array.from(objects.flatMap(({ box }) => box)),
    area: Float64Array.from(objects, ({ area }) => area),
    crowd: Uint8Array.from(objects, ({ isCrowd }) => (isCrowd ? 1 : 0)),
  };
}
