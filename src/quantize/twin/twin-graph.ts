import type { GraphEdit } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { firstOutput } from '../../onnx/graph-index.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { copyNode, makeNode } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import type { SmoothingConvolution } from '../../smooth/smooth-layers.js';
import type { PlacedQuantizer } from '../../targets/placement.js';
import { targets } from '../../targets/registry.js';
import type { Target } from '../../targets/target.js';
import type { PlacedModel, TensorQuantizer } from '../placed-model.js';
import type { PreparedLayer, PreparedModel } from '../prepare-layers.js';
import { fusedActivation } from './fused-activation.js';

/** A quantizer with its place. */
export interface TwinQuantizer extends TensorQuantizer {
  readonly placed: PlacedQuantizer;
  /** What the names of all that is added for it begin with. */
  readonly name: string;
}

/** Where the integers of a node go. */
export interface IntegerOutput {
  readonly quantizer: TwinQuantizer;
  /** What the clip of the integers does as well; null: nothing lies between node and quantizer. */
  readonly activation: NodeProto | null;
}

/**
 * The twin in the making. Of a quantized tensor it holds the integers less the zero point, in
 * float32, which are called its steps: `clip(round(x / scale), qmin - z, qmax - z)`. What is read
 * before its maker was written is made of the real values.
 */
export class TwinGraph {
  readonly base: OnnxModel;
  readonly patch: GraphPatch;
  readonly target: Target;
  /** By output tensor. */
  readonly layers: ReadonlyMap<string, PreparedLayer>;
  /** By output tensor. */
  readonly convolutions: ReadonlyMap<string, SmoothingConvolution>;
  readonly #byTensor = new Map<string, TwinQuantizer[]>();
  readonly #byReader = new Map<string, TwinQuantizer>();
  readonly #steps = new Map<TwinQuantizer, string>();
  readonly #levels = new Map<TwinQuantizer, string>();
  readonly #dequantized = new Map<TwinQuantizer, string>();
  /** Names of the values before the quantizer, where the tensor's own is of those behind it. */
  readonly #unquantized = new Map<string, string>();
  readonly #removed = new Set<string>();

  constructor({ base, layers }: PreparedModel, placed: PlacedModel) {
    this.base = base;
    this.patch = new GraphPatch(base);
    this.target = targets[placed.target];
    this.layers = new Map(layers.map((prepared) => [prepared.layer.outputTensor, prepared]));
    this.convolutions = new Map(placed.convolutions.map((convolution) => [convolution.output, convolution]));
    for (const [index, own] of placed.placement.quantizers.entries()) {
      const before = this.#byTensor.get(own.tensor) ?? [];
      const number = before.length === 0 ? '' : `${before.length + 1}/`;
      const name = `${this.nameOf(own.tensor)}/${number}steps`;
      const quantizer: TwinQuantizer = { ...placed.quantizers[index]!, placed: own, name };
      this.#byTensor.set(own.tensor, [...before, quantizer]);
      for (const reader of own.readers) this.#byReader.set(readerKey(own.tensor, reader.node, reader.index), quantizer);
    }
  }

  get edits(): readonly GraphEdit[] {
    return this.patch.edits;
  }

  /** What the names of all that is added for a node's or quantizer's tensor begin with. */
  nameOf(tensor: string): string {
    return `${this.patch.prefix}tensor/${tensor}`;
  }

  /** The only quantizer of a tensor, whoever reads it; null: it has none, or several. */
  quantizerOf(tensor: string): TwinQuantizer | null {
    const [quantizer = null, ...others] = this.#byTensor.get(tensor) ?? [];
    return others.length === 0 ? quantizer : null;
  }

  /** The quantizer whose values are the model's output of that name; null: none. */
  #outputQuantizer(tensor: string): TwinQuantizer | null {
    return this.#byTensor.get(tensor)?.find(({ placed }) => placed.isOutput) ?? null;
  }

  hasQuantizer(tensor: string): boolean {
    return this.#byTensor.has(tensor);
  }

  /** The quantizer through which a node reads an input; null: it reads the tensor as it is. */
  quantizerRead(node: NodeProto, index: number): TwinQuantizer | null {
    const tensor = node.input[index] ?? '';
    return this.#byReader.get(readerKey(tensor, firstOutput(node), index)) ?? null;
  }

  /** Those of the first inputs, or null where one of them is read as it is. */
  quantizersRead(node: NodeProto, count: number): readonly TwinQuantizer[] | null {
    const quantizers = Array.from({ length: count }, (_, index) => this.quantizerRead(node, index));
    return quantizers.every((quantizer) => quantizer !== null) ? quantizers : null;
  }

  /**
   * The quantizer that takes all that a node makes, directly or behind an activation that is a part
   * of it; null: the node has no such one, and computes in float.
   */
  integerOutput(node: NodeProto): IntegerOutput | null {
    const tensor = firstOutput(node);
    if (node.output.filter((output) => output !== '').length !== 1) return null;
    const own = this.quantizerOf(tensor);
    if (own !== null) return this.#takesAll(own) ? { quantizer: own, activation: null } : null;
    const activation = fusedActivation(this.base, tensor, (name) => this.quantizerOf(name));
    return activation === null || !this.#takesAll(activation.quantizer) ? null : activation;
  }

  /** True where nothing reads the tensor but through the quantizer. */
  #takesAll({ placed, divisor }: TwinQuantizer): boolean {
    const { index } = this.base;
    const readers = index.consumers.get(placed.tensor) ?? [];
    const isRead = readers.every(({ node, index: place }) => this.quantizerRead(node, place) !== null);
    return divisor === null && isRead && (placed.isOutput || !index.outputs.has(placed.tensor));
  }

  /** The steps of a quantized tensor. */
  steps(quantizer: TwinQuantizer): string {
    const known = this.#steps.get(quantizer);
    if (known !== undefined) return known;
    const { tensor, name } = quantizer;
    const { qmin, qmax, zeroPoint } = quantizer.quantizer;
    const divided = this.patch.apply('Div', [this.asItIs(tensor), this.#divisor(quantizer)], `${name}/divided`);
    const steps = this.patch.roundAndClip(divided, qmin - zeroPoint, qmax - zeroPoint, name);
    this.#steps.set(quantizer, steps);
    return steps;
  }

  /** The integers themselves, `steps + z`. */
  levels(quantizer: TwinQuantizer): string {
    const { zeroPoint } = quantizer.quantizer;
    if (zeroPoint === 0) return this.steps(quantizer);
    const known = this.#levels.get(quantizer);
    if (known !== undefined) return known;
    const inputs = [this.patch.scalar(zeroPoint), this.steps(quantizer)];
    const levels = this.patch.apply('Add', inputs, `${quantizer.name}/with_zero_point`);
    this.#levels.set(quantizer, levels);
    return levels;
  }

  /** `[C, 1, ...]` or a single number. */
  #divisor(quantizer: TwinQuantizer): string {
    const { tensor, divisor, name } = quantizer;
    if (divisor === null) return this.scale(quantizer);
    const reader = [...this.layers.values()].find(({ layer }) => layer.inputTensor === tensor);
    if (reader === undefined) throw new Error(`Invariant: no layer reads "${tensor}", whose channels are divided.`);
    const trailing = (reader.layer.inputRank ?? 2) - 2;
    const dims = [divisor.length, ...new Array<number>(trailing).fill(1)];
    return this.patch.floats(`${name}/divisor`, dims, divisor);
  }

  /** The scale of a tensor's quantizer as a scalar. */
  scale({ name, quantizer }: TwinQuantizer): string {
    return this.patch.floats(`${name}/scale`, [], Float32Array.of(quantizer.scale));
  }

  /** Real values of the steps. */
  dequantized(quantizer: TwinQuantizer): string {
    const known = this.#dequantized.get(quantizer);
    if (known !== undefined) return known;
    return this.#dequantize(quantizer, `${quantizer.name}/dequantized`);
  }

  #dequantize(quantizer: TwinQuantizer, output: string): string {
    this.apply('Mul', [this.scale(quantizer), this.steps(quantizer)], output);
    this.#dequantized.set(quantizer, output);
    return output;
  }

  /** A tensor as it is before its quantizer. */
  asItIs(tensor: string): string {
    return this.#unquantized.get(tensor) ?? tensor;
  }

  /** What a node that computes in float reads. */
  floatInput(node: NodeProto, index: number): string {
    const quantizer = this.quantizerRead(node, index);
    return quantizer === null ? this.asItIs(node.input[index]!) : this.dequantized(quantizer);
  }

  /** What a node that computes in float names one of its outputs. */
  floatOutput(tensor: string): string {
    if (this.#outputQuantizer(tensor) === null) return tensor;
    const name = `${this.nameOf(tensor)}/unquantized`;
    this.#unquantized.set(tensor, name);
    return name;
  }

  /** Gives the tensor its own name, where that stands for the values behind its quantizer. */
  finishOutput(tensor: string): void {
    const quantizer = this.#outputQuantizer(tensor);
    if (quantizer !== null && !this.#dequantized.has(quantizer)) this.#dequantize(quantizer, tensor);
  }

  /**
   * The name that real values of a node's own output get: of a layer those before any activation or
   * quantizer. Null where the tensor is nothing but the dequantized steps.
   */
  realOutput(node: NodeProto, { quantizer, activation }: IntegerOutput): string | null {
    const tensor = firstOutput(node);
    const isLayer = this.layers.has(tensor) && !quantizer.placed.isOutput;
    return activation !== null || isLayer ? tensor : null;
  }

  /**
   * Says what a node's integers are, and removes the node with the activation that is a part of it.
   *
   * @param steps see {@link TwinGraph}
   */
  setSteps(node: NodeProto, output: IntegerOutput, steps: string): void {
    const { quantizer, activation } = output;
    this.#steps.set(quantizer, steps);
    this.remove(node);
    if (activation !== null) this.remove(activation);
    if (this.realOutput(node, output) !== quantizer.tensor) this.#dequantize(quantizer, quantizer.tensor);
  }

  /**
   * An operator that makes a tensor of the base model, or any other. The node's name is under this
   * program's prefix: another node of the model may have the tensor's.
   */
  apply(op: string, inputs: readonly string[], output: string): string {
    const name = output.startsWith(this.patch.prefix) ? output : `${this.nameOf(output)}/made`;
    this.patch.node(copyNode(makeNode(op, inputs, output), { name }));
    return output;
  }

  remove(node: NodeProto): void {
    this.#removed.add(firstOutput(node));
    this.patch.edit({ kind: 'removeNode', node: firstOutput(node) });
  }

  isRemoved(node: NodeProto): boolean {
    return this.#removed.has(firstOutput(node));
  }
}

function readerKey(tensor: string, node: string, index: number): string {
  return JSON.stringify([tensor, node, index]);
}
