import { axisOf } from '../sweep-shape.js';
import type { Question } from '../question.js';

/** Which layers pay, and what keeping the worst in float brings back. */
export const layerSensitivity: Question = {
  title: 'Most sensitive layers',
  strength: ({ sensitivity }) => (sensitivity.length > 0 ? 90 : 0),
  lead: () => 'sensitivity',
  figures: [],
  lacks: (shape) => [
    ...(shape.baselines.includes('fp32') || !shape.sensitivity.includes('only')
      ? []
      : [{ unknown: 'what each layer costs', yaml: 'baselines: [fp32]' }]),
    ...(shape.sensitivity.includes('allBut')
      ? []
      : [{ unknown: 'what leaving one layer in float brings back', yaml: 'layers.sensitivity: [only, allBut]' }]),
    ...(shape.lacksWhole
      ? [{ unknown: 'what leaving one layer in float brings back', yaml: 'layers.sensitivity: [none, allBut]' }]
      : []),
    ...(axisOf(shape, 'layers.keepFloat') !== null
      ? []
      : [{ unknown: 'what leaving the worst several in float brings back', yaml: 'layers.keepFloat: [0, 1, 2, 5]' }]),
  ],
};
