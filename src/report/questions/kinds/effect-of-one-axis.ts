import { axisPath } from '../../facts/axes.js';
import { lacksBaselines, type Question } from '../question.js';
import { alphaCount, isCostPath } from '../sweep-shape.js';

/** Settings that another kind of question is about. */
function hasOwnQuestion(path: string): boolean {
  const own: readonly string[] = [
    axisPath.calibrationBatches,
    axisPath.sampleSeed,
    axisPath.absmax,
    'quantization.execution',
  ];
  return own.includes(path) || isCostPath(path);
}

/** One setting varies, and no other kind of question is about it. */
export const effectOfOneAxis: Question = {
  title: 'The effect of one setting',
  strength: ({ candidates, dimensions, axes }) =>
    candidates > 0 && dimensions <= 1 && !axes.some(({ path }) => hasOwnQuestion(path)) ? 60 : 0,
  lead: (shape) => (shape.dimensions === 0 ? 'trials' : alphaCount(shape) > 1 ? 'accuracy-by-alpha' : 'axis-effects'),
  figures: [],
  lacks: lacksBaselines,
};
