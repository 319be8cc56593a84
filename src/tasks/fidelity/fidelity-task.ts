import { bootstrap } from '../bootstrap-setting.js';
import { anyOutputMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { defineTask } from '../task.js';
import { createFidelity, finishFidelity } from './fidelity.js';
import { mergeFidelityStates } from './fidelity-state.js';

export const fidelityTask = defineTask({
  description: "Mean cosine of the output to FP32's, by sample; needs no labels.",
  settings: { bootstrap },
  needs: null,
  needsReference: true,
  countsSamples: false,
  judgedAs: 'likeness',
  locate: ({ bootstrap: replicates }) => ({ bootstrap: replicates }),
  code: () => null,
  paths: [],
  divergence: relativeSquaredError,
  misfit: anyOutputMisfit,
  labelMisfit: () => null,
  isChoosy: false,
  open: createFidelity,
  merge: mergeFidelityStates,
  finish: finishFidelity,
});
