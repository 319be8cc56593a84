import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { PreparedModel } from '../prepare-layers.js';
import { quantizedModel } from './quantized-graph.js';

/**
 * The model with a fake quantizer on every tensor that its target quantizes, fake-quantized weights,
 * and biases in the steps that the target stores them in; between them float arithmetic.
 */
export function fakeQuantizedModel({ base, layers }: PreparedModel): OnnxModel {
  return quantizedModel(base, layers);
}
