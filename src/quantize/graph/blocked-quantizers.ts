import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { attributeText, intsAttribute, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { floatTensor, readFloatTensor } from '../../onnx/tensor.js';
import {
  addLinearQuantizer,
  AXIS_OPSET,
  linearQuantizers,
  removeQuantizer,
  type LinearQuantizer,
} from '../quantizers/linear-quantizers.js';

/**
 * onnxruntime keeps a convolutional network on x64 in a layout of its own from convolution to
 * convolution: `[N, C/b, H, W, b]`, b channels side by side (the operators of this domain). Its
 * QuantizeLinear is not among those that work on it, so that every quantizer takes the tensor out
 * of the layout and back. Here the quantizers work inside it:
 *
 * 1. {@link markQuantizers} puts an operator that the layout has, and that changes nothing, in the
 *   place of each quantizer;
 * 2. the runtime optimizes that graph and writes it to a file;
 * 3. {@link withBlockedQuantizers} puts the quantizers in the places of the marks.
 */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** Quantizers by the tensor that they make. */
export type Quantizers = ReadonlyMap<string, LinearQuantizer>;

/**
 * Numbers that divide one run of the same channels, at most: 16 kB, so that they stay in the cache
 * next to the cores.
 */
const LONGEST_TILE = 4096;

/**
 * The model with a 1x1 MaxPool in the place of every quantizer that may work in the blocked layout;
 * the others in the form of `withLinearQuantizers`. Where nothing can be marked, nothing is.
 */
export function markQuantizers(model: OnnxModel): { readonly model: OnnxModel; readonly marked: Quantizers } {
  const quantizers = model.opset < AXIS_OPSET ? [] : linearQuantizers(model);
  const readers = new Map<string, number>();
  for (const { input } of quantizers) readers.set(input, (readers.get(input) ?? 0) + 1);
  const patch = new GraphPatch(model);
  const marked = new Map<string, LinearQuantizer>();
  for (const quantizer of quantizers) {
    const { input, output, divisor } = quantizer;
    // The layout is of images. The runtime moves a Pad into the mark behind it, and joins marks of
    // the same tensor.
    const producer = model.index.producers.get(input);
    const isImage = divisor.dims.length === 3;
    removeQuantizer(patch, quantizer);
    if (isImage && producer !== undefined && producer.opType !== 'Pad' && readers.get(input) === 1) {
      patch.node(makeNode('MaxPool', [input], output, [intsAttribute('kernel_shape', [1, 1])]));
      marked.set(output, quantizer);
    } else {
      addLinearQuantizer(patch, quantizer, model.opset);
    }
  }
  return { model: applyEdits(model, patch.edits), marked };
}

/**
 * @param optimized the marked model as the runtime wrote it
 * @param shapes of the quantizers' tensors, `[N, C, H, W]`
 * @param block channels side by side
 * @returns the model to be run as it is; null where a mark got lost or none is in the blocked
 *   layout
 */
export function withBlockedQuantizers(
  optimized: OnnxModel,
  marked: Quantizers,
  shapes: ReadonlyMap<string, readonly number[]>,
  block: number,
): OnnxModel | null {
  const patch = new GraphPatch(optimized);
  const marks = optimized.graph.node.flatMap((node) => {
    const tensor = markOf(node, marked);
    return tensor === null ? [] : [{ node, tensor }];
  });
  if (marks.length !== marked.size || !marks.some(({ node }) => node.domain === BLOCKED_DOMAIN)) return null;
  for (const { node, tensor } of marks) {
    const output = firstOutput(node);
    const quantizer = { ...marked.get(tensor)!, input: node.input[0]!, output };
    patch.edit({ kind: 'removeNode', node: output });
    if (node.domain !== BLOCKED_DOMAIN || isUniform(quantizer)) addLinearQuantizer(patch, quantizer, optimized.opset);
    else addBlockedQuantizer(patch, quantizer, shapes.get(tensor)!, block, optimized.opset);
  }
  return applyEdits(optimized, patch.edits);
}

/** True where all channels have the same divisor: the order in memory then makes no difference. */
export function isUniform({ divisor }: LinearQuantizer): boolean {
  const values = readFloatTensor(divisor);
  return values.every((value) => value === values[0]);
}

/**
 * Divides by a divisor for each channel, which QuantizeLinear can't where channels are not an axis
 * of their own, and quantizes the quotient by 1. Channels that only fill up the last block are
 * divided by 1.
 */
function addBlockedQuantizer(
  patch: GraphPatch,
  quantizer: LinearQuantizer,
  [, , height, width]: readonly number[],
  block: number,
  opset: number,
): void {
  const { input, output } = quantizer;
  const values = readFloatTensor(quantizer.divisor);
  const blocks = Math.ceil(values.length / block);
  const positions = largestDivisor(height! * width!, LONGEST_TILE / block);
  const tile = new Float32Array(blocks * positions * block).fill(1);
  for (const [channel, value] of values.entries()) {
    const first = Math.floor(channel / block) * positions * block + (channel % block);
    for (let position = 0; position < positions; position++) tile[first + position * block] = value;
  }
  const divisors = patch.floats(`${output}/divisors`, [blocks, 1, positions * block], tile);
  const runs = patch.reshape(input, [0, blocks, -1, positions * block], `${output}/runs`);
  const divided = patch.apply('Div', [runs, divisors], `${output}/divided`);
  const one = floatTensor(`${patch.prefix}blocked/one`, [], Float32Array.of(1));
  const quantized = `${output}/quantized`;
  addLinearQuantizer(patch, { ...quantizer, input: divided, divisor: one, output: quantized }, opset);
  patch.reshape(quantized, [0, blocks * block, height!, width!], output);
}

function largestDivisor(value: number, most: number): number {
  for (let divisor = Math.min(value, Math.floor(most)); divisor > 1; divisor--) {
    if (value % divisor === 0) return divisor;
  }
  return 1;
}

/**
 * Whether two optimized forms of one graph calculate by the same operators with the same
 * attributes, apart from quantizers and changes of layout: then they round alike. Not so where,
 * say, an addition became part of a convolution in one of them.
 */
export function areOperatorsEqual(a: OnnxModel, b: OnnxModel, marked: Quantizers): boolean {
  const [ofA, ofB] = [a, b].map((model) =>
    model.graph.node
      .filter((node) => !isQuantizerOrLayout(node, marked))
      .map(describeOperator)
      .sort()
      .join('\n'),
  );
  return ofA === ofB;
}

function isQuantizerOrLayout(node: NodeProto, marked: Quantizers): boolean {
  if (node.domain === BLOCKED_DOMAIN && /^Reorder(?:Input|Output)$/.test(node.opType)) return true;
  if (markOf(node, marked) !== null) return true;
  const output = firstOutput(node);
  return marked.has(output) || marked.has(output.replace(/\/levels(?:\/clipped)?$/, ''));
}

function describeOperator({ domain, opType, input, attribute }: NodeProto): string {
  const attributes = attribute.map(attributeText).sort();
  return [domain, opType, input.filter((tensor) => tensor !== '').length, ...attributes].join(' ');
}

/**
 * The quantizer's tensor that this node stands for; the runtime names what it moves into its layout
 * after that tensor.
 */
function markOf({ opType, name, attribute, output: [output] }: NodeProto, marked: Quantizers): string | null {
  if (opType !== 'MaxPool' || !isUnchanged(attribute)) return null;
  if (marked.has(output!)) return output!;
  const tensor = name.replace(/_nchwc$/, '');
  return marked.has(tensor) ? tensor : null;
}

/** Not so where the runtime moved a Pad into it. */
function isUnchanged(attribute: NodeProto['attribute']): boolean {
  return attribute.every(({ name, ints }) => ints.every((value) => value === (name === 'pads' ? 0n : 1n)));
}
