import { lacksBaselines, type Question } from '../question.js';
import { alphaCount } from '../sweep-shape.js';

/** Which of many combinations is best. With three settings or more, what each matters comes first. */
export const bestOfGrid: Question = {
  title: 'The best of the grid',
  strength: ({ candidates, dimensions }) => (candidates === 0 || dimensions < 2 ? 0 : dimensions > 2 ? 65 : 60),
  lead: (shape) => (shape.dimensions < 3 && alphaCount(shape) > 1 ? 'accuracy-by-alpha' : 'axis-effects'),
  figures: ['axis-interactions', 'parallel-coordinates', 'accuracy-by-alpha'],
  lacks: lacksBaselines,
};
