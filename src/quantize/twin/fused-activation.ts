import { constantTensor } from '../../onnx/constants.js';
import { firstOutput } from '../../onnx/graph-index.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../../onnx/tensor.js';
import type { Quantizer } from '../quantizers/quantizer.js';

/**
 * The activation behind a tensor that the runtime leaves out because the quantizer behind it clips
 * alike: a Relu where the zero point is the lowest level, a Clip whose range holds the quantizer's.
 */
export function fusedActivation<Q extends { readonly quantizer: Quantizer }>(
  base: OnnxModel,
  tensor: string,
  quantizerOf: (tensor: string) => Q | null,
): { readonly quantizer: Q; readonly activation: NodeProto } | null {
  const [reader, ...others] = base.index.consumers.get(tensor) ?? [];
  if (reader === undefined || others.length > 0 || reader.index !== 0 || base.index.outputs.has(tensor)) return null;
  const { node } = reader;
  const quantizer = quantizerOf(firstOutput(node));
  if (quantizer === null || !clipsAlike(base, node, quantizer.quantizer)) return null;
  return { quantizer, activation: node };
}

function clipsAlike(base: OnnxModel, node: NodeProto, quantizer: Quantizer): boolean {
  const { scale, zeroPoint, qmin, qmax } = quantizer;
  switch (node.opType) {
    case 'Relu':
      return zeroPoint === qmin;
    case 'Clip': {
      const { low, high } = clipBounds(base, node);
      // Bounds and products in float32, and a slack of its epsilon, as the runtime compares them.
      const lower = Math.fround(scale * (qmin - zeroPoint));
      const upper = Math.fround(scale * (qmax - zeroPoint));
      return low - lower <= EPSILON && upper - high <= EPSILON;
    }
    default:
      return false;
  }
}

const EPSILON = 2 ** -23;

/** NaN where a bound is computed, which compares as too narrow. */
function clipBounds(base: OnnxModel, node: NodeProto): { readonly low: number; readonly high: number } {
  const attribute = (name: string, fallback: number): number =>
    node.attribute.find((own) => own.name === name)?.f ?? fallback;
  const input = (index: number, fallback: number): number => {
    const name = node.input[index] ?? '';
    if (name === '') return fallback;
    const tensor = constantTensor(base, name);
    return tensor?.dataType === FLOAT32 ? readFloatTensor(tensor)[0]! : NaN;
  };
  return { low: input(1, attribute('min', -Infinity)), high: input(2, attribute('max', Infinity)) };
}
