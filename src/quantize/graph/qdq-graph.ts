import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { layerPrefix } from '../../onnx/own-names.js';
import {
  integerTensor,
  isNarrowerThanStorage,
  storageOf,
  weightStorageOf,
  type IntegerStorage,
} from '../quantizers/integer-tensor.js';
import { RUNTIME_DOMAIN, withHeader } from '../../onnx/model-header.js';
import { clipToLevels } from './clip-to-levels.js';
import { correctBias } from './correct-bias.js';
import { LinearOperators } from './linear-operators.js';
import { dividesOwnInput } from '../../smooth/smoothed-model.js';
import type { PreparedLayer } from '../prepare-layers.js';
import { smoothedModel } from './quantized-graph.js';
import { quantizedIntegers } from '../quantizers/quantized-integers.js';
import type { Quantizer } from '../quantizers/quantizer.js';

/** `packed`: weights of up to 4 bits take half a byte each. */
export type WeightsIn = 'bytes' | 'packed';

/**
 * The deployable model: for every prepared layer
 * `x -> Div(s) -> [Clip] -> QuantizeLinear -> DequantizeLinear -> layer`, and the weight `W * s` as
 * integers behind a DequantizeLinear. Layers whose s is 1 or folded have no Div. The bias stays
 * float.
 *
 * - Bits below 8 are stored as 8-bit integers (weights may be packed, see {@link WeightsIn}), and
 *   a float Clip in front of QuantizeLinear keeps to the narrower range.
 * - A node whose form the model's opset does not have yet (int8 per axis before 13, 4 and 16 bits
 *   before 21) is written in the domain `com.microsoft`; the model's own opset is left alone, since
 *   raising it could change other operators.
 * - The weight of a grouped ConvTranspose per channel stays float32, already rounded to its levels,
 *   see `staysFloat`.
 *
 * Differs from the simulated model in one rounding: it divides by s and by the scale, the
 * simulation by their product.
 *
 * @param metadata written to the file's `metadata_props`; entries of the model with other keys are
 *   kept
 */
export function qdqModel(
  base: OnnxModel,
  layers: readonly PreparedLayer[],
  metadata: Readonly<Record<string, string>>,
  weights: WeightsIn = 'bytes',
): OnnxModel {
  const smoothed = smoothedModel(base, layers.filter(dividesInput));
  const patch = new QdqPatch(smoothed, weights);
  for (const prepared of layers) {
    const node = prepared.layer.outputTensor;
    const [input] = smoothed.index.producers.get(node)!.input;
    patch.setInput(node, 0, patch.quantizeInput(input!, prepared));
    patch.setInput(node, 1, patch.quantizedWeight(prepared));
    patch.correctBias(prepared);
  }
  const model = applyEdits(smoothed, patch.edits);
  return withHeader(model, patch.usesRuntimeDomain ? [RUNTIME_DOMAIN] : [], metadata);
}

/** True where some s differs from 1. */
export function isSmoothed({ factors }: PreparedLayer): boolean {
  return factors.s.some((s) => s !== 1);
}

/** True where a float model divides the layer's input by s: nothing before it did. */
export function dividesInput(prepared: PreparedLayer): boolean {
  return dividesOwnInput(prepared.apply) && isSmoothed(prepared);
}

class QdqPatch {
  readonly #model: OnnxModel;
  readonly #patch: GraphPatch;
  readonly #linear: LinearOperators;
  readonly #weights: WeightsIn;

  constructor(model: OnnxModel, weights: WeightsIn) {
    this.#weights = weights;
    this.#model = model;
    this.#patch = new GraphPatch(model);
    this.#linear = new LinearOperators(this.#patch, model.opset);
  }

  get usesRuntimeDomain(): boolean {
    return this.#linear.usesRuntimeDomain;
  }

  get edits(): GraphPatch['edits'] {
    return this.#patch.edits;
  }

  setInput(node: string, index: number, tensor: string): void {
    this.#patch.edit({ kind: 'setInput', node, index, tensor });
  }

  correctBias(prepared: PreparedLayer): void {
    correctBias(this.#patch, this.#model, prepared);
  }

  quantizeInput(tensor: string, { layer, input }: PreparedLayer): string {
    const name = `${layerPrefix(this.#model, layer.name)}/input`;
    const storage = storageOf(input);
    const parameters = this.#parameters(name, storage, [input], []);
    const clipped = isNarrowerThanStorage(input)
      ? clipToLevels(this.#patch, this.#model.opset, tensor, input, `${name}/clipped`)
      : tensor;
    const quantized = this.#linear.add(
      'QuantizeLinear',
      [clipped, ...parameters],
      `${name}/quantized`,
      storage.bits,
      null,
    );
    return this.#linear.add('DequantizeLinear', [quantized, ...parameters], `${name}/dequantized`, storage.bits, null);
  }

  quantizedWeight(prepared: PreparedLayer): string {
    const { layer, weight } = prepared;
    const name = `${layerPrefix(this.#model, layer.name)}/weight`;
    const integers = quantizedIntegers(prepared);
    if (integers === null) return this.#patch.floats(`${name}/fake_quantized`, layer.weightShape, weight.values);
    const { values, quantizers, axis } = integers;
    const storage = this.#weights === 'packed' ? weightStorageOf(quantizers[0]!) : storageOf(quantizers[0]!);
    const stored = this.#linear.store(integerTensor(`${name}/quantized`, layer.weightShape, storage, values));
    const parameters = this.#parameters(name, storage, quantizers, axis === null ? [] : [quantizers.length]);
    return this.#linear.add('DequantizeLinear', [stored, ...parameters], `${name}/dequantized`, storage.bits, axis);
  }

  /** Scale and zero point, which also tells QuantizeLinear its integer type. */
  #parameters(
    name: string,
    storage: IntegerStorage,
    quantizers: readonly Quantizer[],
    dims: readonly number[],
  ): [scale: string, zeroPoint: string] {
    const scales = Float32Array.from(quantizers, (q) => q.scale);
    const zeroPoints = quantizers.map((q) => q.zeroPoint);
    return [
      this.#patch.floats(`${name}/scale`, dims, scales),
      this.#patch.initializer(integerTensor(`${name}/zero_point`, dims, storage, zeroPoints)),
    ];
  }
}
