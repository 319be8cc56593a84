import type { z } from 'zod';
import type { Settled } from '../../../schema/settled.js';
import type { Misfit, OutputShape } from '../../output-shape.js';

/** Which candidates become detections; see the settings of the task. */
export interface CandidateRules {
  readonly confidence: number;
  /** 1: none suppresses another. */
  readonly iou: number;
  readonly multiLabel: boolean;
  readonly candidates: number;
  readonly candidatesPerClass: number | null;
  readonly candidatesPerLevel: number | null;
  readonly maxDetections: number | null;
}

/** An output for one sample, without the batch axis. */
export interface HeadOutput {
  readonly name: string;
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/**
 * Where corners are: in pixels of the sample, in fractions of its height and width, or already in
 * pixels of the picture.
 */
export type Frame = 'sample' | 'fraction' | 'picture';

/** Boxes with a score for each class. */
export interface DenseBoxes {
  readonly kind: 'dense';
  readonly frame: Frame;
  readonly boxes: number;
  readonly classes: number;
  /** Score of box b and class c: `scores[offset + b * boxStride + c * classStride]`. */
  readonly scores: Float32Array | Float64Array;
  readonly offset: number;
  readonly boxStride: number;
  readonly classStride: number;
  /** Score of a box itself, a factor of that of each class; it has to pass the confidence too. */
  readonly objectness: Objectness | null;
  /** First box of each level, and the number of boxes; null: no levels. */
  readonly levels: readonly number[] | null;
  /** Writes x1, y1, x2, y2. */
  corners(box: number, into: Float64Array): void;
}

export interface Objectness {
  readonly data: Float32Array | Float64Array;
  readonly offset: number;
  readonly stride: number;
}

/** Boxes of one class each. */
export interface ListedBoxes {
  readonly kind: 'listed';
  readonly frame: Frame;
  readonly boxes: number;
  score(box: number): number;
  /** As the model writes it; below 0: no box. */
  label(box: number): number;
  corners(box: number, into: Float64Array): void;
}

export type DecodedBoxes = DenseBoxes | ListedBoxes;

export interface HeadContext {
  /** Classes that the model should have; null: not known yet. */
  readonly classes: number | null;
  /** Height and width of a sample; null: not known. */
  readonly input: readonly [number, number] | null;
  /** `[boxes, 4]`: cx, cy, w, h as fractions of the sample; null: not given, or not read yet. */
  readonly priors: Float64Array | null;
}

/** A head whose outputs were found among the model's. */
export interface BoundHead {
  /** Classes by the shapes; null where these do not tell. */
  readonly classes: number | null;
  /**
   * Reads the outputs of one sample.
   *
   * @param outputs in the order in which they were bound
   * @param index of the sample within its batch
   * @throws MetricError where lengths that were not known before do not fit
   */
  decode(outputs: readonly HeadOutput[], index: number): DecodedBoxes;
}

/** A form in which detectors give boxes. */
export interface Head<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** A sentence for documentation and editors. */
  readonly description: string;
  readonly settings: Shape;
  /** What evaluations of such models use. */
  readonly rules: CandidateRules;
  /**
   * Which outputs have no axis of samples: each sample gets them whole; absent: all have one.
   *
   * @param outputs with all their axes
   */
  unbatched?(settings: NoInfer<Settled<Shape>>, outputs: readonly OutputShape[]): ReadonlySet<string>;
  /**
   * Finds the outputs of the head. Shapes are of one sample, without the batch axis, null where a
   * length is not known.
   *
   * @returns why they do not fit where they can't
   */
  bind(settings: NoInfer<Settled<Shape>>, outputs: readonly OutputShape[], context: HeadContext): BoundHead | Misfit;
}

/** The definition as it is, its types inferred. */
export function defineHead<Shape extends z.ZodRawShape>(head: Head<Shape>): Head<Shape> {
  return head;
}

export function isMisfit(bound: BoundHead | Misfit): bound is Misfit {
  return 'advice' in bound;
}
