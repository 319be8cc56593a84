import type { DetectionGroundTruth } from '../../formats/dataset.js';
import type { CenterDetectionTask } from './center-detection-settings.js';
import { joinDetections, type CenterDetectionState, type Detections } from './center-detection-state.js';
import { findPeaks } from './heatmap-peaks.js';
import { matchCenters } from './match-centers.js';
import { measureMeanAveragePrecision } from './mean-average-precision.js';
import type { Metric, MetricContext, MetricResult } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';

/**
 * Returns the metric of dense heatmaps `[N, classes, H, W]`, centre-distance mAP: peaks are found
 * and matched with the scene's objects when added, since scenes don't influence each other there.
 *
 * @throws MetricError when the ground truth is missing or has fewer scenes than there are samples,
 *   or the thresholds are none, more than 32 or not above 0.
 */
export function createCenterDetection(task: CenterDetectionTask, context: MetricContext): Metric<CenterDetectionState> {
  const groundTruth = requireGroundTruth(context);
  checkThresholds(task.thresholds);
  const [rows, columns] = groundTruth.grid;
  const heatmapSize = groundTruth.classes.length * rows * columns;
  const coverage = new Uint8Array(context.sampleCount);
  const parts: Detections[] = [];

  function detect(scene: number, heatmap: Float32Array): Detections {
    const peaks = findPeaks(heatmap, rows, columns, { minScore: task.minScore, maxPeaks: task.maxDetections, scene });
    const matches = matchCenters(peaks, groundTruth.scenes[scene]!.objects, task.thresholds, rows, columns);
    return { ...peaks, matches, scene: new Int32Array(peaks.cell.length).fill(scene) };
  }

  const state = (): CenterDetectionState => ({
    kind: 'centerDetection',
    coverage,
    detections: joinDetections(parts),
  });
  return {
    needsReference: false,
    add({ first, count, outputs: [scored] }) {
      const { data: output, dims: shape } = scored!;
      checkShape(groundTruth, count, output, shape);
      coverSamples(coverage, first, count);
      for (let index = 0; index < count; index += 1) {
        parts.push(detect(first + index, output.subarray(index * heatmapSize, (index + 1) * heatmapSize)));
      }
    },
    state,
    finish: () => finishCenterDetection(task, context, state()),
  };
}

/**
 * Returns the mAP, the AP of each class and threshold, and the replicates of the bootstrap over
 * scenes.
 *
 * @throws MetricError when a scene is missing.
 */
export function finishCenterDetection(
  task: CenterDetectionTask,
  context: MetricContext,
  state: CenterDetectionState,
): MetricResult {
  const { sampleCount } = context;
  requireFullCoverage(state.coverage, sampleCount);
  const { accuracies, outcomes } = measureMeanAveragePrecision(
    task,
    requireGroundTruth(context),
    sampleCount,
    state.detections,
  );
  return { evaluation: { primaryMetric: 'mAP', samples: sampleCount, accuracies, outcomes }, argmax: null };
}

function requireGroundTruth({ groundTruth, sampleCount }: MetricContext): DetectionGroundTruth {
  if (groundTruth === null) {
    throw new MetricError(
      'Expected ground truth for task centerDetection, got none: set data.evaluation.source.groundTruth',
    );
  }
  if (groundTruth.scenes.length >= sampleCount) return groundTruth;
  throw new MetricError(`Expected ground truth of ${sampleCount} scenes, got ${groundTruth.scenes.length}`);
}

function checkThresholds(thresholds: readonly number[]): void {
  if (thresholds.length >= 1 && thresholds.length <= 32 && thresholds.every((distance) => distance > 0)) return;
  throw new MetricError(`Expected 1 to 32 distances above 0 in task.thresholds, got [${thresholds.join(', ')}]`);
}

function checkShape(
  groundTruth: DetectionGroundTruth,
  count: number,
  output: Float32Array,
  shape: readonly number[],
): void {
  const expected = [count, groundTruth.classes.length, ...groundTruth.grid];
  const size = expected.reduce((product, length) => product * length, 1);
  if (shape.join() === expected.join() && output.length === size) return;
  throw new MetricError(
    `Expected an output of shape [${expected.join(', ')}], by the classes and grid of the ground truth, got ` +
      `[${shape.join(', ')}] with ${output.length} numbers`,
  );
}
