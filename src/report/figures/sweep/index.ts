import type { Figure } from '../figure.js';
import { absmaxAccuracy } from './absmax-accuracy.js';
import { absmaxLayers } from './absmax-layers.js';
import { accuracyByAlpha } from './accuracy-by-alpha.js';
import { amaxBeforeAfter } from './amax.js';
import { amaxConvergence } from './amax-convergence.js';
import { calibrationNoise } from './calibration-noise.js';
import { axisEffects } from './axis-effects.js';
import { axisInteractions } from './axis-interactions.js';
import { calibrationSize } from './calibration-size.js';
import { chosenAlpha } from './chosen-alpha.js';
import { frontier } from './frontier.js';
import { frontierLayers } from './frontier-layers.js';
import { fasterInFloat } from './faster-in-float.js';
import { integerAgainstSimulated } from './execution.js';
import { inputs } from './inputs.js';
import { keptFloat } from './kept-float.js';
import { layerDamage } from './layer-damage.js';
import { layerLoss } from './layer-loss.js';
import { parallelCoordinates } from './parallel-coordinates.js';
import { network } from './network.js';
import { notes } from './notes.js';
import { pareto } from './pareto.js';
import { proxyFidelity } from './proxy-fidelity.js';
import { deployedTrials } from './deployed-trials.js';
import { deploymentFigure } from './deployment.js';
import { environments, failedAttempts } from './provenance.js';
import { quantizedLayers } from './quantized-layers.js';
import { searchCurve } from './search-curve.js';
import { seedSpread } from './seed-spread.js';
import { sensitivity } from './sensitivity.js';
import { smoothingMethods } from './smoothing-methods.js';
import { staticAgainstDynamic } from './static-against-dynamic.js';
import { stoppedEarly } from './stopped-early.js';
import { times } from './times.js';
import { trialTable } from './trials.js';

/** Every figure of the sweep page, in order. */
export const figures: readonly Figure[] = [
  accuracyByAlpha,
  staticAgainstDynamic,
  smoothingMethods,
  quantizedLayers,
  frontier,
  frontierLayers,
  keptFloat,
  fasterInFloat,
  layerLoss,
  network,
  layerDamage,
  proxyFidelity,
  sensitivity,
  pareto,
  chosenAlpha,
  searchCurve,
  amaxBeforeAfter,
  amaxConvergence,
  seedSpread,
  calibrationNoise,
  calibrationSize,
  absmaxAccuracy,
  absmaxLayers,
  integerAgainstSimulated,
  deploymentFigure,
  deployedTrials,
  trialTable,
  stoppedEarly,
  notes,
  times,
  inputs,
  environments,
  failedAttempts,
  axisEffects,
  axisInteractions,
  parallelCoordinates,
];
