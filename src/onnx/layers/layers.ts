import { layerOpNames } from './layer-op.js';
import type { LayerOp } from './layer-op.js';
import { constantTensor, dependsOnInputs } from '../constants.js';
import { describeNode } from '../graph-index.js';
import { findHiddenLayers, isDefaultDomain } from './hidden-layers.js';
import { ModelError } from '../model-error.js';
import { readFloatAttribute, readIntAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto, TensorProto } from '../proto/onnx_pb.js';
import { dataTypeName, elementCount, FLOAT32, readFloatTensor, tensorShape } from '../tensor.js';
import type { UnsupportedLayer } from './unsupported-layer.js';
import { inputChannels, outputChannels, type WeightLayout } from './weight-layout.js';

/** A weighted operator of the graph that can be quantized. */
export interface Layer {
  readonly name: string;
  readonly op: LayerOp;
  /** The node, identified by its output tensor. */
  readonly inputTensor: string;
  readonly outputTensor: string;
  readonly weight: TensorProto;
  readonly weightShape: readonly number[];
  readonly layout: WeightLayout;
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Dimensions of the input if the operator tells (Conv, ConvTranspose, Gemm); null for MatMul. */
  readonly inputRank: number | null;
  /** Index of the bias among the node's inputs; null for MatMul. */
  readonly biasIndex: number | null;
}

export type FoundLayer = ({ readonly supported: true } & Layer) | ({ readonly supported: false } & UnsupportedLayer);

/** Operators that are layers. */
export const layerOps: ReadonlySet<string> = new Set(layerOpNames);

/**
 * All weighted operators in graph order. A MatMul of two computed tensors has no weight and is no
 * layer. Names are the nodes', or the output tensor's where a node has no name of its own; no two
 * layers have the same. Those in places or of kinds that can't be quantized come last, with the
 * reason.
 */
export function findLayers(model: OnnxModel): readonly FoundLayer[] {
  const nodes = model.graph.node.filter((node) => layerOps.has(node.opType) && isDefaultDomain(node));
  const uses = new Map<string, number>();
  for (const node of nodes) {
    for (const name of new Set([node.name, node.output[0]!])) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const layers: FoundLayer[] = [];
  for (const node of nodes) {
    const unique = node.name !== '' && uses.get(node.name) === 1;
    const found = readLayer(model, node, unique ? node.name : node.output[0]!);
    if (found !== null) layers.push(found);
  }
  const hidden = findHiddenLayers(model, new Set(layers.map((l) => l.name)));
  return [...layers, ...hidden.map((layer) => ({ supported: false, ...layer }) as const)];
}

function readLayer(model: OnnxModel, node: NodeProto, name: string): FoundLayer | null {
  const op = node.opType as LayerOp;
  const [inputTensor = '', weightName = ''] = node.input;
  if (inputTensor === '' || weightName === '') {
    const given = node.input.filter((tensor) => tensor !== '').length;
    throw new ModelError(`${describeNode(node)}: expected an input and a weight, got ${given} inputs.`);
  }
  if (node.output.length !== 1) {
    throw new ModelError(`${describeNode(node)}: expected one output, got ${node.output.length}.`);
  }
  const base = { name, op, inputTensor, outputTensor: node.output[0]! };
  const unsupported = (reason: string): FoundLayer => ({ supported: false, ...base, reason });
  const weight = constantTensor(model, weightName);
  if (weight === null) {
    if (op !== 'MatMul') return unsupported(`its weight "${weightName}" is computed, not constant`);
    if (!dependsOnInputs(model, weightName)) return unsupported(`its weight "${weightName}" is computed, not constant`);
    return dependsOnInputs(model, inputTensor) ? null : unsupported('its constant is the left operand');
  }
  if (weight.dataType !== FLOAT32) {
    return unsupported(`its weight is ${dataTypeName(weight.dataType)}, only float32 can be quantized`);
  }
  if (!readFloatTensor(weight).every(Number.isFinite)) return unsupported('its weight holds NaN or an infinity');
  const weightShape = tensorShape(weight);
  if (weightShape.includes(0)) return unsupported('its weight is empty');
  const read = readLayout(node, weightShape);
  if (typeof read === 'string') return unsupported(read);
  return {
    supported: true,
    ...base,
    weight,
    weightShape,
    layout: read,
    inputChannels: inputChannels(read),
    outputChannels: outputChannels(read),
    inputRank: op === 'MatMul' ? null : op === 'Gemm' ? 2 : weightShape.length,
    biasIndex: op === 'MatMul' ? null : 2,
  };
}

/**
 * The layout, or why there is none. @throws ModelError for a shape that contradicts the operator
 */
function readLayout(node: NodeProto, shape: readonly number[]): WeightLayout | string {
  switch (node.opType as LayerOp) {
    case 'Conv':
    case 'ConvTranspose':
      return convolutionLayout(node, shape);
    case 'Gemm': {
      if (shape.length !== 2) throw shapeError(node, '2 dimensions', shape);
      if (readIntAttribute(node, 'transA', 0) !== 0) return 'its input is transposed (transA)';
      const scaled = readFloatAttribute(node, 'alpha', 1) !== 1 || readFloatAttribute(node, 'beta', 1) !== 1;
      if (scaled) return 'it scales its product (alpha, beta)';
      return matrixLayout(shape, readIntAttribute(node, 'transB', 0) !== 0);
    }
    case 'MatMul':
      return shape.length === 2 ? matrixLayout(shape, false) : `its weight has ${shape.length} dimensions, not 2`;
  }
}

function matrixLayout(shape: readonly number[], transposed: boolean): WeightLayout {
  const [rows, columns] = shape as [number, number];
  return {
    order: transposed ? 'outputFirst' : 'inputFirst',
    groups: 1,
    inputsPerGroup: transposed ? columns : rows,
    outputsPerGroup: transposed ? rows : columns,
    kernelSize: 1,
  };
}

function convolutionLayout(node: NodeProto, shape: readonly number[]): WeightLayout {
  if (shape.length < 3 || shape.length > 5) throw shapeError(node, '3 to 5 dimensions', shape);
  const [first, second, ...kernel] = shape as [number, number, ...number[]];
  const groups = readIntAttribute(node, 'group', 1);
  if (groups < 1 || first === 0 || first % groups !== 0) {
    throw new ModelError(`${describeNode(node)}: expected a group that divides ${first} channels, got ${groups}.`);
  }
  const kernelSize = elementCount(kernel);
  return node.opType === 'Conv'
    ? { order: 'outputFirst', groups, inputsPerGroup: second, outputsPerGroup: first / groups, kernelSize }
    : { order: 'inputFirst', groups, inputsPerGroup: first / groups, outputsPerGroup: second, kernelSize };
}

function shapeError(node: NodeProto, expected: string, shape: readonly number[]): ModelError {
  return new ModelError(`${describeNode(node)}: expected a weight of ${expected}, got [${shape.join(', ')}].`);
}
