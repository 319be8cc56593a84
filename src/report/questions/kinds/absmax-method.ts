import { axisPath } from '../../facts/axes.js';
import type { Question } from '../question.js';
import { alphaCount, axisOf } from '../sweep-shape.js';

/** What the absmax of a reshaped tensor costs. */
export const absmaxMethod: Question = {
  title: 'The absmax method',
  strength: (shape) => (axisOf(shape, axisPath.absmax) === null ? 0 : shape.dimensions > 2 ? 40 : 80),
  lead: (shape) => (alphaCount(shape) > 1 ? 'absmax-accuracy' : 'absmax-layers'),
  figures: ['absmax-accuracy', 'absmax-layers'],
  lacks: () => [],
};
