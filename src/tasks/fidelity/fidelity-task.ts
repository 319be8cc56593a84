import { overOutputs } from '../first-output.js';
import { anyOutputMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { ofEachShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';
import { createFidelity, finishFidelity } from './fidelity.js';
import { inspectFidelity } from './inspect-fidelity.js';
import { fidelityMetrics } from './fidelity-metrics.js';
import { fidelitySettings, locateFidelity } from './fidelity-settings.js';
import { mergeFidelityStates } from './fidelity-state.js';

export const fidelityTask = defineTask({
  description: "Likeness of all outputs to FP32's; needs no labels.",
  metrics: fidelityMetrics,
  settings: fidelitySettings,
  outputs: 'several',
  readsIntegers: false,
  needs: null,
  needsReference: true,
  countsSamples: false,
  judgedAs: 'likeness',
  locate: locateFidelity,
  code: () => null,
  paths: [],
  divergence: overOutputs(relativeSquaredError),
  misfit: ofEachShape(anyOutputMisfit),
  inspect: inspectFidelity,
  labelMisfit: () => null,
  isChoosy: false,
  open: createFidelity,
  merge: mergeFidelityStates,
  finish: finishFidelity,
});
