import type { MetricContext } from '../metric.js';
import type { BoxTruth, TruthPicture } from '../truth/box-truth.js';
import { loadBoxTruth } from '../truth/load-box-truth.js';
import { matchPictures, type PictureMatch } from '../truth/match-pictures.js';
import type { DetectionTask } from './detection-settings.js';
import { mapClasses, type ModelClasses } from './model-classes.js';
import type { PictureObjects } from './picture-detections.js';

/** Ground truth as the samples of an evaluation see it. */
export interface DetectionTruth {
  readonly boxes: BoxTruth;
  readonly match: PictureMatch;
  readonly classes: ModelClasses;
}

/** @throws DatasetError or MetricError where it can't be read or does not fit the samples */
export function loadDetectionTruth(
  task: DetectionTask,
  { names, sampleCount }: Pick<MetricContext, 'names' | 'sampleCount'>,
): DetectionTruth {
  const boxes = loadBoxTruth(task.truth, task.classes);
  return {
    boxes,
    match: matchPictures(boxes, names ?? null, sampleCount),
    classes: mapClasses(boxes, task),
  };
}

/** The picture of a sample; null where the ground truth has none, so that it has no objects. */
export function pictureOf({ boxes, match }: DetectionTruth, sample: number): TruthPicture | null {
  const picture = match.picture[sample]!;
  return picture < 0 ? null : boxes.pictures[picture]!;
}

/**
 * The objects of a sample in pixels of its picture, without those of classes that are left out.
 *
 * @param size height and width of the picture; needed where boxes are fractions of it
 */
export function objectsOf(
  truth: DetectionTruth,
  sample: number,
  size: readonly [number, number] | null,
): PictureObjects {
  const picture = pictureOf(truth, sample);
  if (picture === null) return NO_OBJECTS;
  const { objects } = picture;
  const kept = Array.from(objects.class.keys()).filter((object) => truth.classes.ofTruth[objects.class[object]!]! >= 0);
  const [height, width] = truth.boxes.unit === 'pixels' ? [1, 1] : size!;
  const boxes = Float64Array.from(
    kept.flatMap((object) =>
      [0, 1, 2, 3].map((axis) => objects.boxes[object * 4 + axis]! * (axis % 2 === 0 ? width : height)),
    ),
  );
  return {
    class: Int32Array.from(kept, (object) => truth.classes.ofTruth[objects.class[object]!]!),
    boxes,
    area: Float64Array.from(kept, (object, index) => {
      const stated = objects.area[object]!;
      return Number.isNaN(stated) ? boxes[index * 4 + 2]! * boxes[index * 4 + 3]! : stated;
    }),
    crowd: Uint8Array.from(kept, (object) => objects.crowd[object]!),
  };
}

const NO_OBJECTS: PictureObjects = {
  ...{ class: new Int32Array(0), boxes: new Float64Array(0), area: new Float64Array(0), crowd: new Uint8Array(0) },
};
