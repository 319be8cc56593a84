import type { Question } from '../question.js';
import { axisOf } from '../sweep-shape.js';

/** What the runtime's integer kernels change. */
export const execution: Question = {
  title: 'Integer against simulated execution',
  strength: (shape) => (axisOf(shape, 'quantization.execution') === null ? 0 : shape.dimensions > 2 ? 45 : 75),
  lead: () => 'execution',
  figures: [],
  lacks: () => [],
};
