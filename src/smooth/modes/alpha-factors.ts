import { readFloatTensor } from '../../onnx/tensor.js';
import { smoothingFactors } from '../smoothing-factors.js';
import { perInputChannelAbsmax, viewAbsmax } from '../weight-absmax.js';
import type { LayerFactors } from './smoothing-mode.js';

/** SmoothQuant's s of a layer from its alpha; a layer without alpha is left alone. */
export const alphaFactors: LayerFactors = {
  of: 'layer',
  factors: (layer, inputs, { alpha, absmax }) => {
    if (alpha === null) return null;
    const weight = readFloatTensor(layer.weight);
    if (absmax !== 'view') return smoothingFactors(inputs.absmax, perInputChannelAbsmax(weight, layer.layout), alpha);
    if (inputs.absmaxView === null) throw new Error(`Invariant: no view statistics for layer "${layer.name}".`);
    return smoothingFactors(inputs.absmaxView, viewAbsmax(weight, layer.layout), alpha);
  },
};
