import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { PreparedModel } from '../prepare-layers.js';
import { qdqModel } from './qdq-graph.js';

/**
 * The deployable model of a target: QuantizeLinear and DequantizeLinear on every tensor that it
 * quantizes, integer weights, biases as the target stores them.
 *
 * @param metadata written to the file's `metadata_props`
 */
export function placedQdqModel({ base, layers }: PreparedModel, metadata: Readonly<Record<string, string>>): OnnxModel {
  return qdqModel(base, layers, metadata);
}
