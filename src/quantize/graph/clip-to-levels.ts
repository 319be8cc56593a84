import type { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { floatAttribute, makeNode } from '../../onnx/node.js';
import type { Quantizer } from '../quantizers/quantizer.js';

/** From this opset on Clip takes its bounds as inputs. */
const CLIP_INPUTS_OPSET = 11;

/**
 * Clips a tensor to the real values of the lowest and highest level, for a quantizer that uses a
 * part of its storage only: float32 products that QuantizeLinear rounds back to these levels.
 */
export function clipToLevels(
  patch: GraphPatch,
  opset: number,
  tensor: string,
  { qmin, qmax, zeroPoint, scale }: Quantizer,
  output: string,
): string {
  const low = Math.fround((qmin - zeroPoint) * scale);
  const high = Math.fround((qmax - zeroPoint) * scale);
  if (opset < CLIP_INPUTS_OPSET) {
    patch.node(makeNode('Clip', [tensor], output, [floatAttribute('min', low), floatAttribute('max', high)]));
    return output;
  }
  const bounds = [
    patch.floats(`${output}/low`, [], Float32Array.of(low)),
    patch.floats(`${output}/high`, [], Float32Array.of(high)),
  ];
  return patch.apply('Clip', [tensor, ...bounds], output);
}
