import type { SampleOrigin } from '../../formats/sample-origin.js';
import type { AccuracyRecord, OutcomeRecord } from '../../records/evaluation-record.js';
import type { Metric, MetricContext, MetricResult } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { replicatedRecord, replicateOutcomes, valuesOutcome } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import { outputsOf, requireHead } from './bind-head.js';
import { collectEvidence } from './class-evidence.js';
import { cocoFigures } from './coco-figures.js';
import { detect } from './detect.js';
import type { DetectionTask } from './detection-settings.js';
import {
  joinDetections,
  joinObjects,
  type CountedObjects,
  type DetectionState,
  type MatchedDetections,
} from './detection-state.js';
import { loadDetectionTruth, objectsOf, pictureOf } from './detection-truth.js';
import { fitPlacement } from './fit-placement.js';
import { countObjects, matchPicture } from './match-picture.js';
import { classCountProblem } from './model-classes.js';
import { pictureF1 } from './picture-f1.js';
import { readPriors } from './read-priors.js';
import { toPicture, type PictureFrame } from './way-back.js';

/**
 * Returns the metric of detectors: outputs are decoded as the head says, suppressed, brought back
 * to the picture, and matched with its objects when added, since pictures don't influence each
 * other there.
 *
 * @throws DatasetError or MetricError where the ground truth can't be read or does not fit
 */
export function createDetection(task: DetectionTask, context: MetricContext): Metric<DetectionState> {
  const { sampleCount } = context;
  const truth = loadDetectionTruth(task, context);
  const input = task.input ?? inputOf(context.sampleShape ?? null);
  const priors = readPriors(task.priors);
  const coverage = new Uint8Array(sampleCount);
  const detections: MatchedDetections[] = [];
  const objects: CountedObjects[] = [];
  let nonFinite = 0;

  function frameOf(sample: number, origin: SampleOrigin | null): PictureFrame {
    const size = origin?.size ?? pictureOf(truth, sample)?.size ?? null;
    const placement = origin?.placement ?? null;
    if (placement !== null) return { size, placement, input };
    const isDeclared = task.input !== null && size !== null;
    return { size, placement: isDeclared ? fitPlacement(task.fit, size, task.input) : null, input };
  }

  const state = (): DetectionState => ({
    kind: 'detection',
    coverage,
    classes: truth.classes.names,
    pictureIds: Float64Array.from({ length: sampleCount }, (_, sample) => pictureOf(truth, sample)?.id ?? sample),
    detections: joinDetections(detections),
    objects: joinObjects(objects),
    nonFinite,
  });
  return {
    needsReference: false,
    add({ first, count, outputs, origins }) {
      const found = requireHead(task, outputs, count, { classes: truth.classes.count, input, priors });
      if (found.bound.classes !== null) {
        const problem = classCountProblem(found.bound.classes, truth.classes, truth.boxes);
        if (problem !== null) throw new MetricError(problem);
      }
      coverSamples(coverage, first, count);
      for (let index = 0; index < count; index += 1) {
        const sample = first + index;
        const decoded = found.bound.decode(outputsOf(outputs, count, index, found.unbatched), index);
        const boxes = detect(decoded, task.rules, truth.classes.ofLabel);
        const frame = frameOf(sample, origins?.[index] ?? null);
        const inPicture = toPicture(boxes, decoded.frame, frame);
        if (inPicture === null || (frame.size === null && truth.boxes.unit === 'fraction')) throw noSize(task, sample);
        const own = objectsOf(truth, sample, frame.size);
        detections.push(matchPicture(sample, inPicture, own));
        objects.push(countObjects(sample, own));
        nonFinite += boxes.nonFinite;
      }
    },
    state,
    finish: () => finishDetection(task, context, state()),
  };
}

/**
 * Returns COCO's figures, the AP of each class and the replicates of the bootstrap over pictures.
 * Where no object counts anywhere, there is no figure at all.
 *
 * @throws MetricError when a picture is missing
 */
export function finishDetection(
  task: DetectionTask,
  { sampleCount }: Pick<MetricContext, 'sampleCount'>,
  state: DetectionState,
): MetricResult {
  requireFullCoverage(state.coverage, sampleCount);
  const { accuracies, replicates } = cocoFigures(collectEvidence(state), sampleCount, task.bootstrap);
  const ofPictures = pictureF1(state);
  const known = ofPictures.filter((value) => !Number.isNaN(value));
  const further: AccuracyRecord[] = [];
  const outcomes: OutcomeRecord[] = [];
  // Where nothing is to be found, a share of what was found says nothing either.
  if (accuracies.length > 0) {
    outcomes.push(...replicateOutcomes('mAP', replicates), valuesOutcome('pictureF1', ofPictures));
    further.push(plainRecord('pictureF1', known.reduce((sum, value) => sum + value, 0) / known.length));
  }
  if (state.nonFinite > 0) further.push(plainRecord('nonFinite', state.nonFinite));
  return {
    evaluation: { primaryMetric: 'mAP', samples: sampleCount, accuracies: [...accuracies, ...further], outcomes },
    argmax: null,
  };
}

function plainRecord(metric: string, value: number): AccuracyRecord {
  return replicatedRecord(metric, '', value, new Float64Array(0));
}

/** Height and width of samples `[C, H, W]` or `[H, W, C]`. */
function inputOf(shape: readonly number[] | null): readonly [number, number] | null {
  if (shape?.length !== 3) return null;
  const [a, b, c] = shape as [number, number, number];
  return c <= 4 && a > 4 ? [a, b] : [b, c];
}

function noSize({ truth }: DetectionTask, sample: number): MetricError {
  return new MetricError(
    `Expected the size of picture ${sample}, got none from the data or ${truth}: boxes in fractions of a picture can't become pixels without. ` +
      'Use ground truth with sizes, such as a COCO file with width and height, or data of pictures.',
  );
}
