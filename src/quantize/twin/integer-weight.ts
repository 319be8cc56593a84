import { constantTensor } from '../../onnx/constants.js';
import { firstOutput } from '../../onnx/graph-index.js';
import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { tensorShape } from '../../onnx/tensor.js';
import type { SmoothingConvolution } from '../../smooth/smooth-layers.js';
import { correctedBias } from '../graph/correct-bias.js';
import type { PreparedLayer } from '../prepare-layers.js';
import { int32Bias, sumScales } from '../quantizers/int32-bias.js';
import { quantizedIntegers } from '../quantizers/quantized-integers.js';
import type { TwinGraph } from './twin-graph.js';

/** The integers of a node with a constant weight. */
export interface IntegerWeight {
  /** Of the weight's shape; zero points are 0. */
  readonly values: Int32Array;
  readonly shape: readonly number[];
  readonly layout: WeightLayout;
  /** Real value of one step of the sums, one per output channel or a single one. */
  readonly scales: Float32Array;
  /** `[O]`; null: none. */
  readonly bias: Int32Array | null;
}

/**
 * @param inputScale of the quantizer through which the node reads its input
 * @returns null where the node's weight is no integers
 */
export function integerWeight(twin: TwinGraph, node: NodeProto, inputScale: number): IntegerWeight | null {
  const prepared = twin.layers.get(firstOutput(node));
  if (prepared !== undefined) return layerWeight(twin, prepared, inputScale);
  const convolution = twin.convolutions.get(firstOutput(node));
  return convolution === undefined ? null : convolutionWeight(twin, node, convolution, inputScale);
}

function layerWeight(twin: TwinGraph, prepared: PreparedLayer, inputScale: number): IntegerWeight | null {
  const { layer, weight } = prepared;
  const integers = quantizedIntegers(prepared);
  if (integers === null || integers.quantizers.some(({ zeroPoint }) => zeroPoint !== 0)) return null;
  const bias = correctedBias(twin.base, prepared);
  return {
    values: integers.values,
    shape: layer.weightShape,
    layout: layer.layout,
    scales: sumScales(inputScale, weight.quantizers),
    bias: bias === null ? null : int32Bias(bias, inputScale, weight.quantizers).values,
  };
}

/** Integers 1 with the scales `float32(1 / s[c])`. */
function convolutionWeight(
  { base }: TwinGraph,
  node: NodeProto,
  { s }: SmoothingConvolution,
  inputScale: number,
): IntegerWeight {
  const shape = tensorShape(constantTensor(base, node.input[1]!)!);
  return {
    values: new Int32Array(s.length).fill(1),
    shape,
    layout: { order: 'outputFirst', groups: s.length, inputsPerGroup: 1, outputsPerGroup: 1, kernelSize: 1 },
    scales: s.map((factor) => Math.fround(inputScale) * Math.fround(1 / factor)),
    bias: null,
  };
}
