import { readFloatTensor } from '../../onnx/tensor.js';
import { smoothingFactors } from '../smoothing-factors.js';
import { perInputChannelAbsmax } from '../weight-absmax.js';
import type { SmoothingMode } from './smoothing-mode.js';

/** s from the weight alone, as if all channels of the input were alike. */
export const weightRoot: SmoothingMode = {
  description: 'square root of the weight alone',
  alphas: 'none',
  readsAbsmax: false,
  apply: 'asSet',
  factors: {
    of: 'layer',
    factors: (layer) => {
      const weights = perInputChannelAbsmax(readFloatTensor(layer.weight), layer.layout);
      return smoothingFactors(new Float64Array(weights.length).fill(1), weights, 0.5);
    },
  },
  label: () => 'weight root',
  appearance: { name: 'weight root', phrase: 'square root of the weight', column: 'root', mark: 'cross' },
};
