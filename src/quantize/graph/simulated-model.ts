import type { OnnxModel } from '../../onnx/onnx-model.js';
import { targets } from '../../targets/registry.js';
import type { PreparedModel } from '../prepare-layers.js';
import { fakeQuantizedModel } from './fake-quantized-model.js';
import { quantizedModel } from './quantized-graph.js';
import { twinModel } from './twin-model.js';

/**
 * The model as its target computes it, in float operators that every provider has. Every tensor of
 * the base model keeps its name and holds real values, so that losses and metrics read it as they
 * read FP32's; the output of a layer is that before its activation is quantized.
 */
export function simulatedModel(prepared: PreparedModel): OnnxModel {
  const { base, layers, placed } = prepared;
  if (placed === undefined) return quantizedModel(base, layers);
  return targets[placed.target].kernels === null ? fakeQuantizedModel(prepared) : twinModel(prepared);
}
