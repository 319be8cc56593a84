import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { constantTensor } from '../../onnx/constants.js';
import { twinPrefix } from '../../onnx/edits/copy-under-prefix.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { layerOps } from '../../onnx/layers/layers.js';
import { intAttribute, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../../onnx/tensor.js';
import { integerTensor, storageOf, type IntegerStorage } from './integer-tensor.js';
import { RUNTIME_DOMAIN, withHeader } from '../../onnx/model-header.js';

/** From this opset on Clip takes its bounds as inputs, and 8-bit integers. */
const INTEGER_CLIP_OPSET = 12;

/** From this opset on QuantizeLinear has an axis. */
export const AXIS_OPSET = 13;

/**
 * Operators that make no NaN of finite numbers, short of overflow. Behind any other (a division 0 /
 * 0, a root) a quantizer keeps its arithmetic, which hands NaN on.
 */
const FINITE_OPS = new Set(
  `Abs Add AveragePool BatchNormalization Clip Concat DepthToSpace Dropout Elu Flatten Gather GlobalAveragePool
   GlobalMaxPool HardSigmoid HardSwish Identity LeakyRelu Max MaxPool Min Mul Neg PRelu Pad ReduceMax ReduceMean ReduceMin
   ReduceSum Relu Reshape Resize Sigmoid Slice SpaceToDepth Split Squeeze Sub Sum Tanh Transpose Unsqueeze Upsample`.split(
    /\s+/,
  ),
);

/**
 * One fake quantizer as `quantizedModel` writes it: `Mul(Clip(Round(Div(x, d)), low, high), q)`.
 */
interface FakeQuantizer {
  /** Div, Round, Clip, Mul. */
  readonly nodes: readonly NodeProto[];
  readonly input: string;
  /**
   * Name and value of `[C, 1, ...]` numbers, of which QuantizeLinear takes the same as a vector.
   */
  readonly divisor: TensorProto;
  readonly low: number;
  readonly high: number;
  readonly scale: TensorProto;
  readonly output: string;
}

/**
 * The model with fake quantizers of at most 8 bits written as
 * `QuantizeLinear -> [Clip] -> DequantizeLinear`: equal bit for bit, and half the memory traffic,
 * for the runtime's QuantizeLinear divides, rounds to the even one and saturates in one go. Only
 * for sessions that keep the runtime from fusing the two operators into integer kernels
 * (`session.disable_quant_qdq`), on a provider that has kernels for them.
 *
 * Two differences: zero has no sign, which no layer's output shows, and NaN becomes the lowest
 * level. So only quantizers are rewritten between which and the layers before them no operator
 * makes NaN; of NaN that a layer itself makes, by overflow, its losses tell. Non-finite inputs of
 * the model are seen by the FP32 pass over the same samples.
 */
export function withLinearQuantizers(model: OnnxModel): OnnxModel {
  const patch = new GraphPatch(model);
  const quantizers = linearQuantizers(model);
  for (const quantizer of quantizers) {
    removeQuantizer(patch, quantizer);
    addLinearQuantizer(patch, quantizer, model.opset);
  }
  if (quantizers.length === 0) return model;
  return withHeader(applyEdits(model, patch.edits), model.opset < AXIS_OPSET ? [RUNTIME_DOMAIN] : [], {});
}

/**
 * The fake quantizers of a model that QuantizeLinear and DequantizeLinear are equal to, in its
 * nodes' order.
 */
export function linearQuantizers(model: OnnxModel): readonly LinearQuantizer[] {
  if (model.opset < INTEGER_CLIP_OPSET) return [];
  const known = new Map<string, boolean>();
  return model.graph.node.flatMap((node) => {
    const quantizer = fakeQuantizerOf(model, node);
    const integers = quantizer === null ? null : integersOf(quantizer);
    if (quantizer === null || integers === null || !isFreeOfNaN(model, quantizer.input, known)) return [];
    return [{ ...quantizer, integers }];
  });
}

/** Takes the arithmetic of a fake quantizer out of its graph. */
export function removeQuantizer(patch: GraphPatch, { nodes }: LinearQuantizer): void {
  for (const part of nodes) patch.edit({ kind: 'removeNode', node: firstOutput(part) });
}

/** Adds the quantizer as `QuantizeLinear -> [Clip] -> DequantizeLinear` under its name. */
export function addLinearQuantizer(patch: GraphPatch, quantizer: LinearQuantizer, opset: number): void {
  const { integers, scale, output } = quantizer;
  const quantize = quantizeLinear(patch, quantizer);
  if (opset < AXIS_OPSET) quantize.domain = RUNTIME_DOMAIN;
  patch.node(quantize);
  const levels = clipped(patch, quantizer, firstOutput(quantize));
  const zeroPoint = zeroPoints(patch, integers, []);
  patch.node(makeNode('DequantizeLinear', [levels, patch.initializer(scale), zeroPoint], output));
}

/** A fake quantizer whose levels 8-bit integers hold. */
export interface LinearQuantizer extends FakeQuantizer {
  readonly integers: Integers;
}

/** Integers that hold the levels `low + zeroPoint .. high + zeroPoint`. */
interface Integers {
  readonly storage: IntegerStorage;
  readonly zeroPoint: number;
}

/** Null where 8 bits do not hold all levels. */
function integersOf({ low, high }: FakeQuantizer): Integers | null {
  const signed = storageOf({ bits: 8, signed: true });
  if (low >= signed.lowest && high <= signed.highest) return { storage: signed, zeroPoint: 0 };
  const unsigned = storageOf({ bits: 8, signed: false });
  // Levels of an asymmetric quantizer begin at minus its zero point, those of an unsigned one at 0.
  if (low <= 0 && high - low <= unsigned.highest) return { storage: unsigned, zeroPoint: 0 - low };
  return null;
}

function quantizeLinear(patch: GraphPatch, { input, divisor, output, integers }: LinearQuantizer): NodeProto {
  const values = readFloatTensor(divisor);
  const isUniform = values.every((value) => value === values[0]);
  const dims = isUniform ? [] : [values.length];
  const name = `${divisor.name}/${isUniform ? 'scalar' : 'vector'}`;
  const scale = patch.floats(name, dims, isUniform ? values.slice(0, 1) : values);
  // The divisor ends in as many ones as axes follow the channels.
  const axis = isUniform ? [] : [intAttribute('axis', -divisor.dims.length)];
  return makeNode('QuantizeLinear', [input, scale, zeroPoints(patch, integers, dims)], `${output}/levels`, axis);
}

function zeroPoints(patch: GraphPatch, { storage, zeroPoint }: Integers, dims: readonly number[]): string {
  const count = dims[0] ?? 1;
  const name = `${patch.prefix}zero_point/${storage.dataType}/${zeroPoint}/${dims.join('_')}`;
  return patch.initializer(integerTensor(name, dims, storage, new Array<number>(count).fill(zeroPoint)));
}

/**
 * Levels of fewer bits than their integers have: QuantizeLinear saturates at the integers' ends
 * only.
 */
function clipped(patch: GraphPatch, quantizer: LinearQuantizer, levels: string): string {
  const { storage, zeroPoint } = quantizer.integers;
  const [low, high] = [quantizer.low + zeroPoint, quantizer.high + zeroPoint];
  if (low === storage.lowest && high === storage.highest) return levels;
  const bound = (level: number): string =>
    patch.initializer(integerTensor(`${patch.prefix}level/${storage.dataType}/${level}`, [], storage, [level]));
  return patch.apply('Clip', [levels, bound(low), bound(high)], `${levels}/clipped`);
}

/** The fake quantizer that ends in this node, or null where it ends none. */
function fakeQuantizerOf(model: OnnxModel, mul: NodeProto): FakeQuantizer | null {
  const output = firstOutput(mul);
  if (mul.opType !== 'Mul' || !isOwn(model, output)) return null;
  const clip = inner(model, mul.input[0]!, 'Clip');
  const round = clip && inner(model, clip.input[0]!, 'Round');
  const div = round && inner(model, round.input[0]!, 'Div');
  if (!clip || !round || !div) return null;
  const [divisor, low, high, scale] = [div.input[1]!, clip.input[1]!, clip.input[2]!, mul.input[1]!].map((name) =>
    floatsOf(model, name),
  );
  if (!divisor || !low || !high || !scale || scale.dims.length > 0) return null;
  return {
    nodes: [div, round, clip, mul],
    input: div.input[0]!,
    divisor,
    low: readFloatTensor(low)[0]!,
    high: readFloatTensor(high)[0]!,
    scale,
    output,
  };
}

/**
 * True where the tensor comes from layers, the model's inputs and constants through
 * {@link FINITE_OPS} alone.
 */
function isFreeOfNaN(model: OnnxModel, tensor: string, known: Map<string, boolean>): boolean {
  const before = known.get(tensor);
  if (before !== undefined) return before;
  const node = model.index.producers.get(tensor);
  const result =
    node === undefined ||
    node.opType === 'Constant' ||
    // A layer's own output: losses are measured on it, and see NaN there.
    layerOps.has(node.opType) ||
    ((FINITE_OPS.has(node.opType) || dividesByConstant(model, node)) &&
      node.input.every((input, index) => input === '' || isShape(node, index) || isFreeOfNaN(model, input, known)));
  known.set(tensor, result);
  return result;
}

/** As hard swish is often written. */
function dividesByConstant(model: OnnxModel, { opType, input }: NodeProto): boolean {
  const divisor = opType === 'Div' ? constantTensor(model, input[1]!) : null;
  return divisor?.dataType === FLOAT32 && readFloatTensor(divisor).every((value) => value !== 0);
}

/**
 * Inputs that say where, not what: shapes, indices, axes, of integers that nothing makes NaN of.
 */
function isShape({ opType }: NodeProto, index: number): boolean {
  if (opType === 'Pad') return index === 1 || index === 3;
  return index > 0 && /^(?:Gather|Reduce.*|Reshape|Resize|Slice|Split|Squeeze|Unsqueeze|Upsample)$/.test(opType);
}

/**
 * True of a graph's quantizers and of those in its twin, but not of what the model calls its own
 * there.
 */
function isOwn(model: OnnxModel, output: string): boolean {
  const twin = twinPrefix(model);
  return (output.startsWith(twin) ? output.slice(twin.length) : output).startsWith(model.ownPrefix);
}

/** The node of that operator that makes the tensor, if nothing but one other node reads it. */
function inner(model: OnnxModel, tensor: string, op: string): NodeProto | null {
  const { producers, consumers, outputs } = model.index;
  const node = producers.get(tensor);
  return node?.opType === op && consumers.get(tensor)?.length === 1 && !outputs.has(tensor) ? node : null;
}

function floatsOf(model: OnnxModel, name: string): TensorProto | null {
  const tensor = model.index.initializers.get(name);
  return tensor?.dataType === FLOAT32 ? tensor : null;
}
