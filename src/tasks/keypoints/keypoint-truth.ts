import { DatasetError } from '../../formats/dataset-error.js';
import { readCocoDocument, type CocoAnnotation, type CocoDocument } from '../truth/coco-document.js';
import { matchPictures, type PictureMatch } from '../truth/match-pictures.js';
import { readTruthText } from '../truth/read-truth-text.js';
import { unexpected } from '../truth/truth-json.js';
import { sigmasFor } from './keypoint-sigmas.js';
import type { KeypointTask } from './keypoint-settings.js';

/** A figure of the ground truth, in pixels of its picture. */
export interface TruthFigure {
  /** Index among the categories by rising id. */
  readonly class: number;
  /** `[K, 3]`: x, y, and whether it is labelled: above 0. */
  readonly points: Float64Array;
  /** x, y, width, height; null where the file has none. */
  readonly box: readonly number[] | null;
  readonly area: number;
  readonly isCrowd: boolean;
  /** Neither found nor missed: a crowd, or without a labelled point. */
  readonly isIgnored: boolean;
}

export interface TruthFigures {
  /** Of equal scores that of the lower id counts first. */
  readonly id: number;
  readonly name: string | null;
  readonly size: readonly [number, number] | null;
  readonly figures: readonly TruthFigure[];
}

/** Ground truth as the samples of an evaluation see it. */
export interface KeypointTruth {
  readonly path: string;
  readonly classes: readonly string[];
  readonly keypoints: number;
  readonly sigmas: readonly number[];
  readonly match: PictureMatch;
  readonly pictures: readonly TruthFigures[];
  readonly notes: readonly string[];
}

/**
 * Reads a COCO file of keypoints and finds the picture of each sample.
 *
 * @throws DatasetError where the file is none or a sample has no picture; MetricError where sigmas
 *   are missing
 */
export function loadKeypointTruth(
  task: Pick<KeypointTask, 'truth' | 'sigmas'>,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): KeypointTruth {
  const { truth: path } = task;
  const document = readCocoDocument(readTruthText(path), path);
  const keypoints = countKeypoints(document);
  const pictures = document.images.map(({ id, name, size }) => ({ id, name, size, figures: [] as TruthFigure[] }));
  for (const annotation of document.annotations) {
    pictures[annotation.image]!.figures.push(figureOf(annotation, keypoints, path));
  }
  const match = matchPictures(
    { path, pictures, missingIsEmpty: false, ignoresEnding: false },
    names ?? null,
    sampleCount,
  );
  return {
    ...{ path, keypoints, match, pictures, notes: document.notes },
    classes: document.categories.map(({ name }) => name),
    sigmas: sigmasFor(task.sigmas, keypoints, path),
  };
}

/** The picture of a sample. */
export function figuresOf({ match, pictures }: KeypointTruth, sample: number): TruthFigures {
  return pictures[match.picture[sample]!]!;
}

/** By the categories, or else the first annotation. */
function countKeypoints({ categories, annotations, path }: CocoDocument): number {
  const named = new Set(categories.flatMap(({ keypoints }) => (keypoints === null ? [] : [keypoints.length])));
  const first = annotations.find(({ keypoints }) => keypoints !== null)?.keypoints?.length;
  const [count] = named.size > 0 ? named : [(first ?? 0) / 3];
  if (named.size <= 1 && count !== undefined && count > 0 && Number.isInteger(count)) return count;
  throw new DatasetError({
    expected: 'annotations with keypoints, as many of each category',
    got: named.size > 1 ? `${[...named].join(', ')} of the categories` : 'none',
    where: path,
    advice: 'COCO has files of their own for keypoints, such as person_keypoints_val2017.json.',
  });
}

function figureOf(annotation: CocoAnnotation, keypoints: number, path: string): TruthFigure {
  const { index, box, isCrowd, keypointCount } = annotation;
  const place = `${path}, annotations[${index}]`;
  const given = annotation.keypoints;
  if (given?.length !== 3 * keypoints) {
    throw unexpected(
      `${3 * keypoints} numbers, x, y and v of ${keypoints} keypoints`,
      given ?? undefined,
      `${place}.keypoints`,
    );
  }
  const points = Float64Array.from(given);
  let labelled = 0;
  for (let point = 0; point < keypoints; point += 1) if (points[3 * point + 2]! > 0) labelled += 1;
  const isIgnored = isCrowd || (keypointCount ?? labelled) === 0;
  if (annotation.area === null) throw unexpected('an area, or a box to take it from', undefined, `${place}.area`);
  return { class: annotation.category, points, box, area: annotation.area, isCrowd, isIgnored };
}
