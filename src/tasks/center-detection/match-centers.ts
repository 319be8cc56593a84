import type { DetectionGroundTruth } from '../../formats/dataset.js';
import type { Peaks } from './heatmap-peaks.js';

type SceneObjects = DetectionGroundTruth['scenes'][number]['objects'];

/**
 * Matches the peaks of one scene with its objects, greedily by falling score, and returns for each
 * peak a number whose bit t tells a true positive at `thresholds[t]`: the nearest object of the
 * class that no better peak took lies nearer than the threshold; the peak takes it. A peak's centre
 * is the middle of its cell; of equally near objects the earlier is taken.
 */
export function matchCenters(
  peaks: Peaks,
  objects: SceneObjects,
  thresholds: readonly number[],
  rows: number,
  columns: number,
): Uint32Array {
  const matches = new Uint32Array(peaks.cell.length);
  const taken = new Uint8Array(objects.length);
  for (const [bit, threshold] of thresholds.entries()) {
    taken.fill(0);
    for (let peak = 0; peak < peaks.cell.length; peak += 1) {
      const cell = peaks.cell[peak]!;
      const classIndex = Math.floor(cell / (rows * columns));
      const x = (cell % columns) + 0.5;
      const y = (Math.floor(cell / columns) % rows) + 0.5;
      let nearest = -1;
      let nearestDistance = Number.POSITIVE_INFINITY;
      for (const [index, object] of objects.entries()) {
        if (object.class !== classIndex || taken[index] === 1) continue;
        const distance = Math.sqrt((object.x - x) ** 2 + (object.y - y) ** 2);
        if (distance >= nearestDistance) continue;
        nearest = index;
        nearestDistance = distance;
      }
      if (nearestDistance >= threshold) continue;
      taken[nearest] = 1;
      matches[peak] = (matches[peak]! | (1 << bit)) >>> 0;
    }
  }
  return matches;
}
