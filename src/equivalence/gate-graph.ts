import { copyUnderPrefix } from '../onnx/edits/copy-under-prefix.js';
import { cutGraph } from '../onnx/edits/cut-graph.js';
import { discontinuousBefore } from '../onnx/discontinuous-operators.js';
import { applyEdits } from '../onnx/edits/edits.js';
import { capturedTensors, describeNode, firstOutput } from '../onnx/graph-index.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import { comparedOutputs } from '../onnx/evaluated-outputs.js';
import { findLayers } from '../onnx/layers/layers.js';
import { intAttribute, makeNode } from '../onnx/node.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { NodeProto } from '../onnx/proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../onnx/tensor.js';
import type { PreparedLayer, PreparedModel } from '../quantize/prepare-layers.js';
import { addIsolatedLayer } from '../quantize/graph/quantized-graph.js';
import type { ReferenceModel } from '../losses/loss-graph.js';

/** Names of graph outputs with one number each: maxima over a tensor. */
export interface JudgedOutputs {
  /** max |x| in FP32. */
  readonly reference: string;
  /** max |x - FP32| of the smoothed model. */
  readonly error: string;
  /** The mean of the same, which is NaN where a difference is: a maximum may miss it. */
  readonly meanError: string;
  /** max |x - FP32| of FP32 written so that it rounds otherwise. */
  readonly rounding: string;
}

/** Something that the smoothed model must reproduce. */
export interface Judged {
  /** For messages, e.g. `layer "conv1" alone`. */
  readonly what: string;
  /** The evaluated output that it is; null: it is none. */
  readonly output: string | null;
  readonly outputs: JudgedOutputs;
}

export interface GateGraph {
  readonly model: OnnxModel;
  readonly judged: readonly Judged[];
  /** What the outputs depend on, for messages. */
  readonly discontinuous: readonly string[];
}

/**
 * Divides and multiplies what computes FP32 otherwise: no power of two, so that every product
 * rounds anew.
 */
const OTHERWISE = 1.1;

/**
 * One graph that tells whether a smoothed model is equivalent to FP32 where its outputs alone do
 * not: because a discontinuous operator makes jumps of roundings, or because an output is so small
 * that roundings are large beside it. It compares
 *
 * - every smoothed layer alone, fed FP32's own input;
 * - every tensor that a discontinuous operator reads, and the outputs; what is behind such an
 *   operator is fed FP32's result of it in both models.
 *
 * Beside each comparison stands the same with FP32 itself in another form, `(x / c) * (W * c)` in
 * each layer: equal in real numbers, so that its difference is what float32 rounds, seen through
 * the same network.
 *
 * @param folded the model that `prepared` was made from
 */
export function gateGraph(
  { untouched, io }: ReferenceModel,
  folded: OnnxModel,
  smoothed: OnnxModel,
  prepared: PreparedModel,
): GateGraph {
  const patch = new GraphPatch(untouched);
  const root = `${patch.prefix}gate/`;
  const evaluated = comparedOutputs(io.outputs).map(({ name }) => name);
  const discontinuous = discontinuousBefore(untouched, evaluated);
  const variants = [smoothed, computedOtherwise(untouched, `${root}otherwise`)].map((variant, index) =>
    addVariant(patch, variant, discontinuous, `${root}${index}/`),
  ) as [Variant, Variant];
  const judged: Judged[] = prepared.layers.map((layer, index) => {
    const name = `${root}layer/${index}`;
    const own = addIsolatedLayer(patch, prepared.base, layer, `${name}/smoothed`, 'none');
    const otherwise = addIsolatedLayer(patch, folded, layerOtherwise(layer), `${name}/otherwise`, 'none');
    const what = `layer "${layer.layer.name}" alone, fed FP32's own input,`;
    const outputs = compare(patch, layer.layer.outputTensor, own, otherwise, `${name}/compared`);
    return { what, output: null, outputs };
  });
  for (const [index, { tensor, what }] of judgedTensors(discontinuous, evaluated).entries()) {
    const [own, otherwise] = variants.map((variant) => variant(tensor));
    // What nothing computes, or a discontinuous operator does, is the same tensor in both.
    if (own === tensor || otherwise === tensor) continue;
    const output = evaluated.includes(tensor) ? tensor : null;
    judged.push({ what, output, outputs: compare(patch, tensor, own!, otherwise!, `${root}tensor/${index}`) });
  }
  const tensors = judged.flatMap(({ outputs }) => Object.values(outputs) as string[]);
  const model = cutGraph(applyEdits(untouched, patch.edits), tensors);
  return { model, judged, discontinuous: discontinuous.map(describeNode) };
}

/** What a tensor of the model is called in a variant. */
type Variant = (tensor: string) => string;

function addVariant(
  patch: GraphPatch,
  variant: OnnxModel,
  discontinuous: readonly NodeProto[],
  prefix: string,
): Variant {
  const shared = new Set(discontinuous.map(firstOutput));
  const nodes = variant.graph.node.filter((node) => !shared.has(firstOutput(node)));
  const made = new Set(nodes.flatMap((node) => node.output));
  for (const tensor of variant.graph.initializer) patch.initializer(tensor);
  for (const node of copyUnderPrefix(nodes, prefix)) patch.node(node);
  return (tensor) => (made.has(tensor) ? prefix + tensor : tensor);
}

function judgedTensors(
  discontinuous: readonly NodeProto[],
  outputs: readonly string[],
): readonly { readonly tensor: string; readonly what: string }[] {
  const found = new Map<string, string>();
  for (const node of discontinuous) {
    for (const tensor of [...node.input, ...capturedTensors(node)]) {
      if (tensor !== '' && !found.has(tensor)) found.set(tensor, `"${tensor}", which ${describeNode(node)} reads,`);
    }
  }
  const ending = discontinuous.length === 0 ? '' : " behind FP32's results of discontinuous operators";
  for (const output of outputs) {
    const name = outputs.length === 1 ? 'the output' : `output "${output}"`;
    if (!found.has(output)) found.set(output, `${name}${ending}`);
  }
  return [...found].map(([tensor, what]) => ({ tensor, what }));
}

/** FP32 with every layer's input divided by {@link OTHERWISE} and its weight multiplied by it. */
function computedOtherwise(model: OnnxModel, name: string): OnnxModel {
  const patch = new GraphPatch(model);
  const divisor = patch.floats(`${name}/divisor`, [], Float32Array.of(OTHERWISE));
  for (const [index, layer] of findLayers(model).entries()) {
    if (!layer.supported) continue;
    const own = `${name}/${index}`;
    const input = patch.apply('Div', [layer.inputTensor, divisor], `${own}/input`);
    const weight = patch.floats(`${own}/weight`, layer.weightShape, multiplied(readFloatTensor(layer.weight)));
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 0, tensor: input });
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 1, tensor: weight });
  }
  return applyEdits(model, patch.edits);
}

function layerOtherwise(prepared: PreparedLayer): PreparedLayer {
  const { original, factors } = prepared;
  const s = new Float32Array(original.inputChannels).fill(OTHERWISE);
  const smoothedWeight = multiplied(readFloatTensor(original.weight));
  return { ...prepared, layer: original, factors: { ...factors, s }, smoothedWeight, outputFactors: null };
}

function multiplied(weight: Float32Array): Float32Array {
  const factor = Math.fround(OTHERWISE);
  return weight.map((value) => value * factor);
}

function compare(
  patch: GraphPatch,
  reference: string,
  smoothed: string,
  otherwise: string,
  name: string,
): JudgedOutputs {
  const expected = flat(patch, reference, `${name}/reference`);
  const difference = (tensor: string, own: string): string => {
    const error = patch.apply('Sub', [flat(patch, tensor, own), expected], `${own}/difference`);
    return patch.apply('Abs', [error], `${own}/error`);
  };
  const error = difference(smoothed, `${name}/smoothed`);
  return {
    reference: patch.reduce('ReduceMax', patch.apply('Abs', [expected], `${name}/abs`), [0], `${name}/reference_max`),
    error: patch.reduce('ReduceMax', error, [0], `${name}/error_max`),
    meanError: patch.reduce('ReduceMean', error, [0], `${name}/error_mean`),
    rounding: patch.reduce('ReduceMax', difference(otherwise, `${name}/otherwise`), [0], `${name}/rounding_max`),
  };
}

/**
 * `[n + 1]` float32 of a tensor of any numbers and shape, which may be empty: a 0 is put behind it.
 */
function flat(patch: GraphPatch, tensor: string, name: string): string {
  patch.node(makeNode('Cast', [tensor], `${name}/float`, [intAttribute('to', FLOAT32)]));
  const vector = patch.reshape(`${name}/float`, [-1], `${name}/vector`);
  const zero = patch.floats(`${patch.prefix}gate/zero`, [1], Float32Array.of(0));
  patch.node(makeNode('Concat', [vector, zero], `${name}/flat`, [intAttribute('axis', 0)]));
  return `${name}/flat`;
}
