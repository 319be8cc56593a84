import type { SampleOrigin } from '../../formats/sample-origin.js';
import { fitPlacement } from '../detection/fit-placement.js';
import type { PictureFrame } from '../detection/way-back.js';
import type { Metric, MetricContext, MetricResult } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { replicatedRecord, replicateOutcomes } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import { sampleExtent } from '../sample-extent.js';
import { decodeFigures } from './decode-figures.js';
import { figuresInPicture } from './figures-in-picture.js';
import { keypointFigures } from './keypoint-figures.js';
import type { KeypointTask } from './keypoint-settings.js';
import type { CountedFigures, KeypointState, MatchedFigures } from './keypoint-state.js';
import { figuresOf, loadKeypointTruth } from './keypoint-truth.js';
import { countFigures, matchFigures } from './match-figures.js';

/**
 * Returns the metric of keypoints: figures are decoded, brought back to the picture and matched
 * with those of the ground truth when added.
 *
 * @throws DatasetError or MetricError where the ground truth can't be read or does not fit
 */
export function createKeypoints(task: KeypointTask, context: MetricContext): Metric<KeypointState> {
  const { sampleCount } = context;
  const truth = loadKeypointTruth(task, context.names, sampleCount);
  const { keypoints, sigmas, classes } = truth;
  const input = task.input ?? sampleExtent(context.sampleShape);
  const coverage = new Uint8Array(sampleCount);
  const found: MatchedFigures[] = [];
  const figures: CountedFigures[] = [];
  let nonFinite = 0;

  function frameOf(sample: number, origin: SampleOrigin | null): PictureFrame {
    const size = origin?.size ?? figuresOf(truth, sample).size;
    if (origin !== null && origin.placement !== null) return { size, placement: origin.placement, input };
    const isDeclared = task.input !== null && size !== null;
    return { size, placement: isDeclared ? fitPlacement(task.fit, size, task.input) : null, input };
  }

  const state = (): KeypointState => ({
    kind: 'keypoints',
    coverage,
    classes,
    pictureIds: Float64Array.from({ length: sampleCount }, (_, sample) => figuresOf(truth, sample).id),
    ...{ found, figures, nonFinite },
  });
  return {
    needsReference: false,
    add({ first, count, outputs, origins }) {
      coverSamples(coverage, first, count);
      for (let index = 0; index < count; index += 1) {
        const sample = first + index;
        const skeleton = { keypoints, classes: classes.length, input };
        const decoded = decodeFigures(task, outputs, count, index, skeleton, sample);
        const own = figuresInPicture(decoded, frameOf(sample, origins?.[index] ?? null));
        if (own === null) throw noSize(task, sample);
        found.push(matchFigures(sample, own, figuresOf(truth, sample).figures, sigmas));
        figures.push(countFigures(sample, figuresOf(truth, sample).figures));
        nonFinite += decoded.nonFinite;
      }
    },
    state,
    finish: () => finishKeypoints(task, context, state()),
  };
}

/**
 * Returns COCO's figures and the replicates of the bootstrap over pictures. Where nothing is to be
 * found anywhere, there is no figure at all.
 *
 * @throws MetricError when a picture is missing
 */
export function finishKeypoints(
  task: KeypointTask,
  { sampleCount }: Pick<MetricContext, 'sampleCount'>,
  state: KeypointState,
): MetricResult {
  requireFullCoverage(state.coverage, sampleCount);
  const { accuracies, replicates } = keypointFigures(state, sampleCount, task.bootstrap);
  const dropped =
    state.nonFinite === 0 ? [] : [replicatedRecord('nonFinite', '', state.nonFinite, new Float64Array(0))];
  return {
    evaluation: {
      ...{ primaryMetric: 'AP', samples: sampleCount, accuracies: [...accuracies, ...dropped] },
      outcomes: replicateOutcomes('AP', replicates),
    },
    argmax: null,
  };
}

function noSize({ truth }: KeypointTask, sample: number): MetricError {
  return new MetricError(
    `Expected the size of picture ${sample}, got none from the data or ${truth}: cells can't become pixels without. ` +
      'Give the images of the COCO file their width and height, or set task.input',
  );
}
