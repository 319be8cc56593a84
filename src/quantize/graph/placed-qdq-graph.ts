import { constantTensor } from '../../onnx/constants.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { raiseOpset } from '../../onnx/edits/raise-opset.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { ModelError } from '../../onnx/model-error.js';
import { RUNTIME_DOMAIN, withHeader } from '../../onnx/model-header.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { layerPrefix } from '../../onnx/own-names.js';
import { TensorProto_DataType, type TensorProto } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, rawTensor, readFloatTensor, tensorShape } from '../../onnx/tensor.js';
import { targets } from '../../targets/registry.js';
import type { PlacedQuantizer } from '../../targets/placement.js';
import type { Target } from '../../targets/target.js';
import type { SmoothingConvolution } from '../../smooth/smooth-layers.js';
import type { PlacedModel, TensorQuantizer } from '../placed-model.js';
import type { PreparedLayer, PreparedModel } from '../prepare-layers.js';
import { int32Bias, type Int32Bias } from '../quantizers/int32-bias.js';
import { integerTensor, isNarrowerThanStorage, storageOf } from '../quantizers/integer-tensor.js';
import { quantizedIntegers } from '../quantizers/quantized-integers.js';
import type { Quantizer } from '../quantizers/quantizer.js';
import { storedLevels, type StoredLevels } from '../quantizers/stored-levels.js';
import { clipToLevels } from './clip-to-levels.js';
import { correctBias, correctedBias, needsCorrectingAdd } from './correct-bias.js';
import { keepSimulated } from './keep-simulated.js';
import { LinearOperators } from './linear-operators.js';
import { opsetObstacle } from './opset-obstacle.js';
import { quantizeConstant } from '../quantizers/quantize-constant.js';

/**
 * The deployable model of a target: QuantizeLinear and DequantizeLinear on every tensor that it
 * quantizes, integer weights, biases as the target stores them. Operators of the base model stay
 * what they are, Relu and Clip included: the runtime makes them part of its kernels.
 *
 * - Zero points are always written: without one onnxruntime leaves MaxPool and its like in float.
 * - Quantizers of one group share the initializers of scale and zero point.
 * - A tensor that is smoothed inside its quantizer has a scale per channel in QuantizeLinear and
 *   one scale in DequantizeLinear.
 * - An output of the model that is quantized keeps its name; what it was made of is
 *   `quantsweep/tensor/NAME/real`.
 * - For onnxruntime, layers that stay in float get a Clip to all of float32 in front where it would
 *   quantize their weights by itself, see `keepSimulated`.
 * - For onnxruntime a model below opset 10 is written in opset 10.
 * - Below opset 13 scales per channel are in the domain `com.microsoft`, which other targets do not
 *   read.
 *
 * @param metadata written to the file's `metadata_props`
 * @throws ModelError where the target can't read the model's opset
 */
export function placedQdqModel(prepared: PreparedModel, metadata: Readonly<Record<string, string>>): OnnxModel {
  const { base, layers, placed } = prepared;
  if (placed === undefined) throw new Error('Invariant: no placement of a target to write.');
  const target = targets[placed.target];
  const isPerChannel = layers.some(({ weight }) => weight.granularity === 'channel');
  const obstacle = opsetObstacle(placed.target, base, isPerChannel ? 'channel' : 'tensor');
  if (obstacle !== null) throw new ModelError(obstacle);
  const patch = new PlacedPatch(base, placed, target, layers);
  for (const index of placed.quantizers.keys()) patch.quantizeTensor(index);
  for (const layer of layers) {
    patch.quantizeWeight(layer);
    patch.writeBias(layer);
  }
  for (const convolution of placed.convolutions) patch.quantizeConvolution(convolution);
  const edited = applyEdits(base, patch.edits);
  // onnxruntime makes QLinearConv of what it fuses, which older opsets do not have.
  const model = (target.kernels === 'onnxruntime' ? raiseOpset(edited) : null) ?? edited;
  const kept = target.kernels === 'onnxruntime' ? keepSimulated(model) : model;
  return withHeader(kept, patch.usesRuntimeDomain ? [RUNTIME_DOMAIN] : [], metadata);
}

/** What the tensor of the base model is called where its name went to the quantized values. */
export function realTensor({ ownPrefix }: Pick<OnnxModel, 'ownPrefix'>, tensor: string): string {
  return `${ownPrefix}tensor/${tensor}/real`;
}

class PlacedPatch {
  readonly #base: OnnxModel;
  readonly #placed: PlacedModel;
  readonly #target: Target;
  readonly #patch: GraphPatch;
  readonly #linear: LinearOperators;
  /** Name of the initializers of each group. */
  readonly #groups = new Map<number, string>();
  /** How often a tensor was quantized. */
  readonly #times = new Map<string, number>();
  /** `NODE INDEX` -> what dequantizes that input. */
  readonly #inputs = new Map<string, Quantizer>();
  /** Tensors whose name went to the quantized values. */
  readonly #renamed: ReadonlySet<string>;
  /** Layers that an Add behind them corrects. */
  readonly #corrected: ReadonlySet<string>;

  constructor(base: OnnxModel, placed: PlacedModel, target: Target, layers: readonly PreparedLayer[]) {
    this.#base = base;
    this.#placed = placed;
    this.#target = target;
    this.#patch = new GraphPatch(base);
    this.#linear = new LinearOperators(this.#patch, base.opset);
    for (const [index, { readers }] of placed.placement.quantizers.entries()) {
      for (const reader of readers) {
        this.#inputs.set(`${reader.node} ${reader.index}`, placed.quantizers[index]!.quantizer);
      }
    }
    this.#renamed = new Set(placed.placement.quantizers.filter(({ isOutput }) => isOutput).map(({ tensor }) => tensor));
    this.#corrected = new Set(
      layers.filter((layer) => needsCorrectingAdd(base, layer)).map(({ layer }) => layer.outputTensor),
    );
  }

  get edits(): GraphPatch['edits'] {
    return this.#patch.edits;
  }

  get usesRuntimeDomain(): boolean {
    return this.#linear.usesRuntimeDomain;
  }

  quantizeTensor(index: number): void {
    const place = this.#placed.placement.quantizers[index]!;
    const quantizer = this.#placed.quantizers[index]!;
    const { tensor, readers, isOutput } = place;
    const times = (this.#times.get(tensor) ?? 0) + 1;
    this.#times.set(tensor, times);
    const name = `${this.#patch.prefix}tensor/${tensor}`;
    const part = (what: string): string => `${name}/${what}${times === 1 ? '' : times}`;
    const levels = storedLevels(quantizer.quantizer, this.#target.activations.storage);
    const parameters = this.#groupParameters(place, quantizer, levels);
    const constant = constantTensor(this.#base, tensor);
    const quantized =
      constant?.dataType === FLOAT32
        ? this.#storeConstant(constant, part('quantized'), quantizer.quantizer, levels)
        : this.#quantize(this.#realName(tensor), part, quantizer, levels, parameters);
    const dequantized = isOutput ? tensor : part('dequantized');
    const { bits } = levels.storage;
    // The node that made the tensor often has its name.
    const own = part('dequantized');
    this.#linear.add('DequantizeLinear', [quantized, ...parameters], dequantized, bits, null, own);
    for (const reader of readers) this.#setInput(reader.node, reader.index, dequantized);
    if (isOutput) this.#rename(place);
  }

  quantizeWeight(prepared: PreparedLayer): void {
    const { layer, weight } = prepared;
    const name = `${layerPrefix(this.#base, layer.name)}/weight`;
    const integers = this.#quantizesItsInput(prepared) ? null : quantizedIntegers(prepared);
    if (integers === null) {
      this.#setInput(
        layer.outputTensor,
        1,
        this.#patch.floats(`${name}/fake_quantized`, layer.weightShape, weight.values),
      );
      return;
    }
    const { values, quantizers, axis } = integers;
    const storage = storageOf(quantizers[0]!);
    const stored = this.#linear.store(integerTensor(`${name}/quantized`, layer.weightShape, storage, values));
    const dims = axis === null ? [] : [quantizers.length];
    const scale = this.#patch.floats(
      `${name}/scale`,
      dims,
      Float32Array.from(quantizers, (q) => q.scale),
    );
    const zeroPoints = quantizers.map(({ zeroPoint }) => zeroPoint);
    const zeroPoint = this.#patch.initializer(integerTensor(`${name}/zero_point`, dims, storage, zeroPoints));
    const output = `${name}/dequantized`;
    this.#linear.add('DequantizeLinear', [stored, scale, zeroPoint], output, storage.bits, axis);
    this.#setInput(layer.outputTensor, 1, output);
  }

  /** In the target's form; in float where the layer's input is, or no vector is the bias. */
  writeBias(prepared: PreparedLayer): void {
    const { layer, weight } = prepared;
    const input = this.#inputs.get(`${layer.outputTensor} 0`);
    const values = this.#biasOf(prepared);
    if (this.#target.bias === 'float' || input === undefined || values === null) {
      correctBias(this.#patch, this.#base, prepared, this.#realName(layer.outputTensor));
      return;
    }
    const name = layerPrefix(this.#base, layer.name);
    const bias = int32Bias(values, input.scale, weight.quantizers);
    this.#writeInt32Bias(layer.outputTensor, name, bias, weight.granularity === 'channel');
  }

  /** Integers 1 with the scales 1/s. */
  quantizeConvolution({ output, s }: SmoothingConvolution): void {
    const name = `${this.#patch.prefix}tensor/${output}/weight`;
    const node = this.#base.index.producers.get(output)!;
    const shape = tensorShape(constantTensor(this.#base, node.input[1]!)!);
    const storage = storageOf({ bits: 8, signed: true });
    const ones = new Array<number>(s.length).fill(1);
    const stored = this.#linear.store(integerTensor(`${name}/quantized`, shape, storage, ones));
    const scale = this.#patch.floats(
      `${name}/scale`,
      [s.length],
      s.map((factor) => 1 / factor),
    );
    const zeros = new Array<number>(s.length).fill(0);
    const zeroPoint = this.#patch.initializer(integerTensor(`${name}/zero_point`, [s.length], storage, zeros));
    const dequantized = `${name}/dequantized`;
    this.#linear.add('DequantizeLinear', [stored, scale, zeroPoint], dequantized, 8, 0);
    this.#setInput(output, 1, dequantized);
    const input = this.#inputs.get(`${output} 0`);
    if (this.#target.zeroBias !== true || input === undefined) return;
    const scales = Float32Array.from(s, (factor) => Math.fround(input.scale) * Math.fround(1 / factor));
    const zeroBias = { values: new Int32Array(s.length), scales, clippedChannels: 0 };
    this.#writeInt32Bias(output, `${this.#patch.prefix}tensor/${output}`, zeroBias, true);
  }

  #setInput(node: string, index: number, tensor: string): void {
    this.#patch.edit({ kind: 'setInput', node, index, tensor });
  }

  /** Scale and zero point of the group, under the name of its first tensor. */
  #groupParameters(
    { tensor, group }: PlacedQuantizer,
    { quantizer }: TensorQuantizer,
    { storage, zeroPoint }: StoredLevels,
  ): readonly [scale: string, zeroPoint: string] {
    const name = this.#groups.get(group) ?? this.#freeGroupName(tensor);
    this.#groups.set(group, name);
    return [
      this.#patch.floats(`${name}scale`, [], Float32Array.of(quantizer.scale)),
      this.#patch.initializer(integerTensor(`${name}zero_point`, [], storage, [zeroPoint])),
    ];
  }

  /** Several groups may have quantizers of one tensor. */
  #freeGroupName(tensor: string): string {
    const taken = new Set(this.#groups.values());
    for (let number = 1; ; number++) {
      const name = `${this.#patch.prefix}tensor/${tensor}/${number === 1 ? '' : `${number}_`}`;
      if (!taken.has(name)) return name;
    }
  }

  #quantize(
    tensor: string,
    part: (what: string) => string,
    { quantizer, divisor }: TensorQuantizer,
    { storage, zeroPoint }: StoredLevels,
    parameters: readonly [string, string],
  ): string {
    const output = part('quantized');
    if (divisor !== null) {
      const dims = [divisor.length];
      const scales = this.#patch.floats(part('divisor'), dims, divisor);
      const same = new Array<number>(divisor.length).fill(zeroPoint);
      const zeroPoints = this.#patch.initializer(integerTensor(part('divisor_zero_point'), dims, storage, same));
      return this.#linear.add('QuantizeLinear', [tensor, scales, zeroPoints], output, storage.bits, 1);
    }
    const clipped = isNarrowerThanStorage(quantizer)
      ? clipToLevels(this.#patch, this.#base.opset, tensor, quantizer, part('clipped'))
      : tensor;
    return this.#linear.add('QuantizeLinear', [clipped, ...parameters], output, storage.bits, null);
  }

  #storeConstant(constant: TensorProto, name: string, quantizer: Quantizer, { storage, shift }: StoredLevels): string {
    const values = quantizeConstant(readFloatTensor(constant), quantizer).map((level) => level + shift);
    return this.#linear.store(integerTensor(name, tensorShape(constant), storage, values));
  }

  /** What holds the tensor before it is quantized. */
  #realName(tensor: string): string {
    return this.#renamed.has(tensor) ? realTensor(this.#base, tensor) : tensor;
  }

  /** Gives the tensor's name to its quantized values. Readers in float read it as it was. */
  #rename({ tensor }: PlacedQuantizer): void {
    const producer = this.#base.index.producers.get(tensor);
    if (producer === undefined) {
      throw new Error(`Invariant: the quantized output "${tensor}" is an input of the model.`);
    }
    for (const { node, index } of this.#base.index.consumers.get(tensor) ?? []) {
      const name = firstOutput(node);
      if (index >= 0 && !this.#inputs.has(`${name} ${index}`)) this.#setInput(name, index, this.#realName(tensor));
    }
    if (this.#corrected.has(tensor)) return;
    const index = producer.output.indexOf(tensor);
    this.#patch.edit({
      kind: 'renameOutput',
      node: firstOutput(producer),
      tensor: this.#realName(tensor),
      index,
    });
  }

  #writeInt32Bias(node: string, name: string, { values, scales }: Int32Bias, isPerChannel: boolean): void {
    const dims = isPerChannel ? [scales.length] : [];
    const bytes = (integers: Int32Array): Uint8Array => new Uint8Array(integers.buffer);
    const stored = this.#patch.initializer(
      rawTensor(`${name}/bias/quantized`, [values.length], TensorProto_DataType.INT32, bytes(values)),
    );
    const scale = this.#patch.floats(`${name}/bias/scale`, dims, scales);
    const zeroPoint = this.#patch.initializer(
      rawTensor(`${name}/bias/zero_point`, dims, TensorProto_DataType.INT32, bytes(new Int32Array(scales.length))),
    );
    const output = `${name}/bias/dequantized`;
    this.#linear.add('DequantizeLinear', [stored, scale, zeroPoint], output, 32, isPerChannel ? 0 : null);
    this.#setInput(node, 2, output);
  }

  /** Null where there is none, or none that is a vector of constants. */
  #biasOf(prepared: PreparedLayer): Float32Array | null {
    const { layer } = prepared;
    const bias = correctedBias(this.#base, prepared);
    if (bias !== null || this.#target.zeroBias !== true || layer.biasIndex === null) return bias;
    const { input } = this.#base.index.producers.get(layer.outputTensor)!;
    return (input[layer.biasIndex] ?? '') === '' ? new Float32Array(layer.outputChannels) : null;
  }

  /**
   * Integers of a matrix whose input is float: onnxruntime would make a MatMulNBits of it, which
   * quantizes the input by itself.
   */
  #quantizesItsInput({ layer }: PreparedLayer): boolean {
    const isMatrix = layer.op === 'MatMul' || layer.op === 'Gemm';
    return this.#target.kernels === 'onnxruntime' && isMatrix && !this.#inputs.has(`${layer.outputTensor} 0`);
  }
}
