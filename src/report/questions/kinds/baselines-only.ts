import { lacksBaselines, type Question } from '../question.js';

/** No settings to choose from: FP32 and unsmoothed stand beside each other. */
export const baselinesOnly: Question = {
  title: 'The baselines',
  strength: ({ candidates, sensitivity }) => (candidates === 0 && sensitivity.length === 0 ? 95 : 0),
  lead: () => 'trials',
  figures: [],
  lacks: (shape) => [
    ...lacksBaselines(shape),
    { unknown: 'which smoothing is best', yaml: 'grid: [{ smoothing.alpha: { from: 0.05, to: 0.95, step: 0.05 } }]' },
  ],
};
