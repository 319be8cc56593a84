import { bootstrap } from '../bootstrap-setting.js';
import { overOutputs } from '../first-output.js';
import { anyOutputMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { ofEachShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';
import { createFidelity, finishFidelity } from './fidelity.js';
import { mergeFidelityStates } from './fidelity-state.js';

export const fidelityTask = defineTask({
  description: "Mean cosine of the output to FP32's, by sample; needs no labels.",
  metrics: {
    cosine: {
      title: 'cosine to FP32',
      definition: "Mean over samples of the cosine of the output to FP32's; below 0 counts as 0.",
      ...{ unit: 'fraction', better: 'higher' },
    },
  },
  settings: { bootstrap },
  outputs: 'several',
  readsIntegers: false,
  needs: null,
  needsReference: true,
  countsSamples: false,
  judgedAs: 'likeness',
  locate: ({ bootstrap: replicates }) => ({ bootstrap: replicates }),
  code: () => null,
  paths: [],
  divergence: overOutputs(relativeSquaredError),
  misfit: ofEachShape(anyOutputMisfit),
  labelMisfit: () => null,
  isChoosy: false,
  open: createFidelity,
  merge: mergeFidelityStates,
  finish: finishFidelity,
});
