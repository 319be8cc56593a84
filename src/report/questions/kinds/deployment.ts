import { placesQuantizers, runsHere } from '../../facts/trial-target.js';
import { lacksBaselines, type Question } from '../question.js';

/** Which setting to ship on which target: accuracy, speed and size together. */
export const deployment: Question = {
  title: 'What to deploy',
  strength: ({ targets, measuresLatency, candidates, sensitivity }) => {
    if (!measuresLatency && !targets.some(placesQuantizers)) return 0;
    // Without a setting to choose, what is quantized without smoothing is what can be deployed.
    return candidates === 0 && sensitivity.length === 0 ? 97 : 82;
  },
  lead: () => 'deployment',
  figures: ['deployed-trials'],
  lacks: (shape) => [
    ...lacksBaselines(shape).slice(0, shape.baselines.includes('fp32') ? 0 : 1),
    ...(shape.measuresLatency
      ? []
      : [
          {
            unknown: 'how fast each setting is beside FP32',
            ...(shape.targets.some(runsHere)
              ? { yaml: 'measure: { latency: {} }', brings: 'measures it on this machine' }
              : { yaml: 'measure: { command: { run: [...] } }', brings: 'asks the device' }),
          },
        ]),
  ],
};
