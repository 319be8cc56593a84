import type { DetectionGroundTruth } from '../../formats/dataset.js';
import type { AccuracyRecord, OutcomeRecord } from '../../records/evaluation-record.js';
import { drawResample } from '../../statistics/bootstrap.js';
import { averagePrecisions, type RankedDetections } from './average-precision.js';
import type { CenterDetectionTask } from './center-detection-settings.js';
import type { Detections } from './center-detection-state.js';
import { replicatedRecord, replicateOutcomes } from '../replicates.js';

/**
 * What ranks one class, kept so that a resample of the scenes costs one walk over its detections.
 */
interface ClassEvidence {
  readonly name: string;
  readonly ranked: RankedDetections;
  /** Objects in each scene, `[scenes]`. */
  readonly objects: Int32Array;
}

/**
 * Returns `mAP` (the mean over classes and thresholds), `ap` of each with the slice
 * `class@threshold`, and the mAP of `task.bootstrap` resamples of the scenes, which are the same
 * for all trials. Intervals are their 2.5 and 97.5 percentiles.
 */
export function measureMeanAveragePrecision(
  task: CenterDetectionTask,
  groundTruth: DetectionGroundTruth,
  sceneCount: number,
  detections: Detections,
): { readonly accuracies: readonly AccuracyRecord[]; readonly outcomes: readonly OutcomeRecord[] } {
  const evidence = collectEvidence(groundTruth, sceneCount, detections);
  const slices = evidence.flatMap((one) => task.thresholds.map((threshold) => `${one.name}@${threshold}`));
  const measured = measureAll(evidence, task.thresholds.length, new Uint16Array(sceneCount).fill(1));

  const replicates = measured.map(() => new Float64Array(task.bootstrap));
  const meanReplicates = new Float64Array(task.bootstrap);
  const weight = new Uint16Array(sceneCount);
  for (let replicate = 0; replicate < task.bootstrap; replicate += 1) {
    drawResample(replicate, weight);
    const resampled = measureAll(evidence, task.thresholds.length, weight);
    for (const [slice, value] of resampled.entries()) replicates[slice]![replicate] = value;
    meanReplicates[replicate] = meanOf(resampled);
  }

  const accuracies = [
    replicatedRecord('mAP', '', meanOf(measured), meanReplicates),
    ...slices.map((slice, index) => replicatedRecord('ap', slice, measured[index]!, replicates[index]!)),
  ];
  return { accuracies, outcomes: replicateOutcomes('mAP', meanReplicates) };
}

function collectEvidence(
  groundTruth: DetectionGroundTruth,
  sceneCount: number,
  detections: Detections,
): readonly ClassEvidence[] {
  const plane = groundTruth.grid[0] * groundTruth.grid[1];
  const { score, scene, cell, matches } = detections;
  const order = Array.from(score.keys());
  order.sort((a, b) => score[b]! - score[a]! || scene[a]! - scene[b]! || cell[a]! - cell[b]!);
  return groundTruth.classes.map((name, classIndex) => {
    const own = order.filter((index) => Math.floor(cell[index]! / plane) === classIndex);
    const objects = new Int32Array(sceneCount);
    for (let index = 0; index < sceneCount; index += 1) {
      objects[index] = groundTruth.scenes[index]!.objects.filter((object) => object.class === classIndex).length;
    }
    const ranked = {
      scene: Int32Array.from(own, (index) => scene[index]!),
      matches: Uint32Array.from(own, (index) => matches[index]!),
    };
    return { name, ranked, objects };
  });
}

/** Average precisions by class, then threshold, with scene s counted `weight[s]` times. */
function measureAll(evidence: readonly ClassEvidence[], thresholds: number, weight: Uint16Array): number[] {
  return evidence.flatMap(({ ranked, objects }) => {
    let total = 0;
    for (let scene = 0; scene < objects.length; scene += 1) total += objects[scene]! * weight[scene]!;
    return averagePrecisions(ranked, thresholds, total, weight);
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
