import { axisPath } from '../../facts/axes.js';
import type { Question } from '../question.js';
import { axisOf } from '../sweep-shape.js';

/**
 * How far the choice of calibration samples moves the result. Nobody varies seeds for another
 * reason.
 */
export const calibrationNoise: Question = {
  title: 'Calibration noise',
  strength: (shape) => (axisOf(shape, axisPath.sampleSeed) !== null ? 85 : 0),
  lead: () => 'seed-spread',
  figures: ['calibration-noise'],
  lacks: (shape) =>
    (axisOf(shape, axisPath.sampleSeed)?.values.length ?? 0) > 2
      ? []
      : [
          {
            unknown: 'how far seeds spread (two give no spread)',
            yaml: 'data.calibration.sampleSeed: [1, 2, 3, 4, 5]',
          },
        ],
};
