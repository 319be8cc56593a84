import { lacksBaselines, type Question } from '../question.js';

/** Method against method: static, dynamic, cross-layer, with and without bias correction. */
export const smoothingMethods: Question = {
  title: 'Smoothing methods',
  strength: ({ methods, dimensions }) => (methods.length < 2 ? 0 : methods.length < 3 || dimensions > 2 ? 50 : 70),
  lead: ({ methods }) => (methods.length > 2 ? 'smoothing-methods' : 'static-against-dynamic'),
  figures: ['smoothing-methods', 'static-against-dynamic', 'search-curve', 'chosen-alpha'],
  lacks: lacksBaselines,
};
