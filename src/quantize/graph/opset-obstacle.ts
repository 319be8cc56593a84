import { targets, type PlacingTargetName } from '../../targets/registry.js';

/** The first opset whose DequantizeLinear has scales along an axis. */
const AXIS_OPSET = 13;

/**
 * Why the target can't read a model of that opset; null where it can. Only onnxruntime has a domain
 * of its own with what an opset lacks.
 */
export function opsetObstacle(
  target: PlacingTargetName,
  opset: number,
  granularity: 'channel' | 'tensor',
): string | null {
  if (opset >= AXIS_OPSET || granularity === 'tensor' || targets[target].kernels === 'onnxruntime') return null;
  return `Expected a model of opset ${AXIS_OPSET} or newer for target ${target}, got opset ${opset}, whose DequantizeLinear has no scales per channel. Convert the model to opset ${AXIS_OPSET}, or set quantization.weight.granularity: tensor.`;
}
