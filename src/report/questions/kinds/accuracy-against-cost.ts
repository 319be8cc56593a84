import { lacksBaselines, type Question } from '../question.js';
import { costAxes } from '../sweep-shape.js';

/** How few bits, and how few layers in float, keep the accuracy. */
export const accuracyAgainstCost: Question = {
  title: 'Accuracy against size',
  strength: (shape) => {
    const costs = costAxes(shape).length;
    if (costs === 0) return 0;
    return 2 * costs >= shape.dimensions ? 72 : 42;
  },
  lead: () => 'pareto',
  figures: [],
  lacks: (shape) => lacksBaselines(shape).slice(0, 1),
};
