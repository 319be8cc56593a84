import { QUANTIZED_OPSET, raiseOpset } from '../../onnx/edits/raise-opset.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { targets, type PlacingTargetName } from '../../targets/registry.js';

/** The first opset whose DequantizeLinear has scales along an axis. */
const AXIS_OPSET = 13;

/**
 * Why the target can't read a model of that opset; null where it can. Only onnxruntime has a domain
 * of its own with what an opset lacks.
 *
 * @param granularity of the weights as they are stored
 */
export function opsetObstacle(
  target: PlacingTargetName,
  model: OnnxModel,
  granularity: 'channel' | 'tensor',
): string | null {
  const { opset } = model;
  if (targets[target].kernels === 'onnxruntime') {
    if (raiseOpset(model) !== null) return null;
    return `Expected a model of opset ${QUANTIZED_OPSET} or newer for integer kernels of onnxruntime, got opset ${opset} with an operator that can't be converted. Convert the model to opset ${AXIS_OPSET}.`;
  }
  if (granularity === 'tensor') {
    if (opset >= QUANTIZED_OPSET) return null;
    return `Expected a model of opset ${QUANTIZED_OPSET} or newer for target ${target}, got opset ${opset}, which has no QuantizeLinear. Convert the model to opset ${AXIS_OPSET}.`;
  }
  if (opset >= AXIS_OPSET) return null;
  return `Expected a model of opset ${AXIS_OPSET} or newer for target ${target}, got opset ${opset}, whose DequantizeLinear has no scales per channel. Convert the model to opset ${AXIS_OPSET}, or set quantization.weight.granularity: tensor and smoothing.apply: fold.`;
}
