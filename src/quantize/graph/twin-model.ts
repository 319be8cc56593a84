import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { PreparedModel } from '../prepare-layers.js';
import { quantizedModel } from './quantized-graph.js';

/**
 * The model in the arithmetic of onnxruntime's integer kernels, written in float operators: every
 * integer in it is exact.
 */
export function twinModel({ base, layers }: PreparedModel): OnnxModel {
  return quantizedModel(base, layers);
}
