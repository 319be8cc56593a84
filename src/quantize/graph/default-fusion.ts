import { constantTensor } from '../../onnx/constants.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { isDefaultDomain } from '../../onnx/layers/hidden-layers.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32 } from '../../onnx/tensor.js';

/**
 * What onnxruntime changes by default (without `session.disable_quant_qdq`) in the arithmetic of a
 * model that holds QuantizeLinear and DequantizeLinear. Nodes are named by their first output.
 */
export interface DefaultFusion {
  /**
   * Its float32 weight is quantized: 8 bits, a scale of its own, per tensor. Its bias is rounded
   * with it.
   */
  readonly weights: readonly string[];
  /**
   * The same of a MatMul with a constant Add behind it, which becomes a Gemm where its input is a
   * matrix.
   */
  readonly weightsOfMatrices: readonly string[];
  /**
   * Its float32 bias is rounded to int32 in steps of input scale * weight scale; its weight is
   * quantized in the model.
   */
  readonly biases: readonly string[];
  /**
   * A QuantizeLinear right behind a DequantizeLinear of another scale: the two pairs become one.
   */
  readonly merged: readonly string[];
}

/** A layer that is going to have a quantizer in front of it, which the model does not show yet. */
export interface PlannedQuantizer {
  /** True where a Div by s comes between. */
  readonly isSmoothed: boolean;
}

/** Operators whose weight and bias the runtime quantizes; of MatMul it leaves them alone. */
const WEIGHTED = new Set(['Conv', 'ConvTranspose', 'Gemm']);

/**
 * Operators over which the runtime moves QuantizeLinear and DequantizeLinear, and those that it
 * takes out.
 */
const MOVED_OVER = new Set('Dropout Identity MaxPool Reshape Slice Squeeze Transpose Unsqueeze'.split(' '));

/** Operators over which it moves them in front of a layer alone. */
const MOVED_OVER_BEFORE = new Set([...MOVED_OVER, 'Pad']);

/** With a constant, these behind a Conv become a part of it first. */
const JOINED_TO_CONV = new Set(['Add', 'Mul', 'BatchNormalization']);

/** May stand between a layer and QuantizeLinear: it counts as a part of the layer. */
const ACTIVATIONS = new Set(['Clip', 'Relu']);

/**
 * Foretells from the graph what the runtime (1.30) changes; `checkExported` asks the runtime
 * itself.
 *
 * @param planned by the output of layers whose inputs and weights are to be quantized; none in a
 *   model that is exported
 */
export function predictFusion(
  model: OnnxModel,
  planned: ReadonlyMap<string, PlannedQuantizer> = new Map(),
): DefaultFusion {
  const weights: string[] = [];
  const weightsOfMatrices: string[] = [];
  const biases: string[] = [];
  const merged: string[] = [];
  for (const node of model.graph.node) {
    const output = firstOutput(node);
    const own = planned.get(output);
    if (isMerged(model, node, own)) merged.push(output);
    const isMatMul = node.opType === 'MatMul';
    if (!(WEIGHTED.has(node.opType) || isMatMul) || !isDefaultDomain(node)) continue;
    if (own === undefined && dequantizeBefore(model, node.input[0] ?? '') === null) continue;
    if (!isQuantizedBehind(model, node, planned)) continue;
    if (isMatMul && (own !== undefined || !isFloatConstant(model, node.input[1] ?? ''))) continue;
    if (isMatMul) weightsOfMatrices.push(output);
    else if (own === undefined && isFloatConstant(model, node.input[1] ?? '')) weights.push(output);
    else if (isFloatConstant(model, node.input[2] ?? '')) biases.push(output);
  }
  return { weights, weightsOfMatrices, biases, merged };
}

function isMerged(model: OnnxModel, node: NodeProto, planned: PlannedQuantizer | undefined): boolean {
  const isQuantizer = node.opType === 'QuantizeLinear';
  if (!isQuantizer && (planned === undefined || planned.isSmoothed)) return false;
  const input = node.input[0] ?? '';
  const before = dequantizeBefore(model, input);
  if (before === null) return false;
  if (!isQuantizer) return true;
  return before.input[1] !== node.input[1] || before.input[2] !== node.input[2];
}

/**
 * The DequantizeLinear of a computed tensor that ends up right before this one; null where there is
 * none.
 */
function dequantizeBefore({ index }: OnnxModel, tensor: string): NodeProto | null {
  for (let name = tensor; ;) {
    const node = index.producers.get(name);
    if (node === undefined) return null;
    if (node.opType === 'DequantizeLinear') return index.producers.has(node.input[0]!) ? node : null;
    if (!MOVED_OVER_BEFORE.has(node.opType) || index.consumers.get(name)?.length !== 1) return null;
    name = node.input[0]!;
  }
}

function isQuantizedBehind(
  model: OnnxModel,
  layer: NodeProto,
  planned: ReadonlyMap<string, PlannedQuantizer>,
): boolean {
  const { index } = model;
  let mayActivate = true;
  // What becomes a part of the layer stands right behind it.
  let mayJoin = layer.opType === 'Conv' || layer.opType === 'MatMul';
  let isGemm = layer.opType !== 'MatMul';
  for (let tensor = firstOutput(layer); ;) {
    const [reader, ...others] = index.consumers.get(tensor) ?? [];
    if (reader === undefined || reader.index < 0 || others.length > 0 || index.outputs.has(tensor)) return false;
    const { node } = reader;
    if (mayJoin && joins(model, layer, node, tensor)) {
      mayJoin = layer.opType === 'Conv';
      isGemm = true;
      tensor = firstOutput(node);
      continue;
    }
    if (reader.index !== 0 || !isGemm) return false;
    mayJoin = false;
    const own = planned.get(firstOutput(node));
    if (node.opType === 'QuantizeLinear' || own?.isSmoothed === false) return true;
    const isActivation: boolean = mayActivate && ACTIVATIONS.has(node.opType);
    if (!isActivation && !MOVED_OVER.has(node.opType)) return false;
    mayActivate = mayActivate && !isActivation;
    tensor = firstOutput(node);
  }
}

/** Of a Conv the runtime looks at the first input alone. */
function joins(model: OnnxModel, layer: NodeProto, { opType, input }: NodeProto, tensor: string): boolean {
  const isOfKind = layer.opType === 'Conv' ? JOINED_TO_CONV.has(opType) && input[0] === tensor : opType === 'Add';
  return isOfKind && input.every((name) => name === tensor || isFloatConstant(model, name));
}

function isFloatConstant(model: OnnxModel, name: string): boolean {
  return name !== '' && constantTensor(model, name)?.dataType === FLOAT32;
}
