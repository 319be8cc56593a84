import { axisPath } from '../../facts/axes.js';
import type { Question } from '../question.js';
import { axisOf } from '../sweep-shape.js';

/** Does more calibration pay? */
export const calibrationSize: Question = {
  title: 'Calibration size',
  strength: (shape) => (axisOf(shape, axisPath.calibrationBatches) === null ? 0 : shape.dimensions === 1 ? 68 : 30),
  lead: () => 'calibration-size',
  figures: ['amax-convergence'],
  lacks: () => [],
};
