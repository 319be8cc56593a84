import { lacksBaselines, type Question } from '../question.js';
import { alphaCount } from '../sweep-shape.js';

/** One setting varies, and no other kind of question is about it. */
export const effectOfOneAxis: Question = {
  title: 'The effect of one setting',
  strength: ({ candidates, dimensions }) => (candidates > 0 && dimensions <= 1 ? 60 : 0),
  lead: (shape) => (shape.dimensions === 0 ? 'trials' : alphaCount(shape) > 1 ? 'accuracy-by-alpha' : 'axis-effects'),
  figures: [],
  lacks: lacksBaselines,
};
