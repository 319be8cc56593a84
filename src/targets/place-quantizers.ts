import { firstOutput, type Consumer } from '../onnx/graph-index.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { NodeProto } from '../onnx/proto/onnx_pb.js';
import { directReaders, findComputedTensors, type ComputedTensors } from './computed-tensors.js';
import { groupQuantizers } from './group-quantizers.js';
import type { PlacedNode, PlacedQuantizer, Placement, Reader } from './placement.js';
import { findQuantizedTensors } from './quantized-tensors.js';
import { findRunForms } from './run-forms.js';
import type { RunForms } from './run-form.js';
import type { Target } from './target.js';
import type { Wanted } from './wanted.js';

export type { Wanted };

/** A quantizer before it has a group. */
type UngroupedQuantizer = Omit<PlacedQuantizer, 'group'>;

/**
 * Where the target's quantizers are in a model whose BatchNormalization is folded; pure. First it
 * is found how each node runs, then which tensors are quantized for that, and at last which of
 * them share a scale.
 *
 * @param model not changed
 */
export function placeQuantizers(model: OnnxModel, target: Target, wanted: Wanted): Placement {
  const computed = findComputedTensors(model);
  const forms = findRunForms(model, computed, target, wanted);
  const placed =
    target.placement === 'everyTensor' ? onEveryTensor(model, computed, forms) : beforeReaders(model, computed, forms);
  const ordered = inGraphOrder(model, computed, placed);
  const { groups, groupOf } = groupQuantizers(
    model,
    computed,
    forms,
    ordered.map(({ tensor }) => tensor),
  );
  return {
    quantizers: ordered.map((quantizer) => ({ ...quantizer, group: groupOf(quantizer.tensor) })),
    groups,
    nodes: computed.nodes.map((node) => placedNode(model, computed, target, forms, node)),
  };
}

/**
 * What an integer operator makes is quantized for all its readers: one that read the tensor as it
 * is would have the operator computed in float. Of other tensors integer operators alone read it.
 */
function onEveryTensor(model: OnnxModel, computed: ComputedTensors, forms: RunForms): UngroupedQuantizer[] {
  return [...findQuantizedTensors(model, computed, forms)].map((tensor) => {
    const isInteger = isMadeByIntegers(model, forms, tensor);
    const readers = directReaders(model, tensor).filter((reader) => isInteger || wantsIntegers(forms, reader));
    return { tensor, readers: readers.map(readerOf), isOutput: isInteger && model.index.outputs.has(tensor) };
  });
}

/** Each tensor for the integer operators that read it, above those that pass integers on. */
function beforeReaders(model: OnnxModel, computed: ComputedTensors, forms: RunForms): UngroupedQuantizer[] {
  const tensors = new Set<string>();
  for (const node of computed.nodes) {
    const { runs, inputs } = forms.get(firstOutput(node))!;
    for (const index of runs === 'float' ? [] : inputs) {
      const tensor = node.input[index]!;
      const producer = model.index.producers.get(tensor);
      if (producer === undefined || forms.get(firstOutput(producer))?.runs !== 'pass') tensors.add(tensor);
    }
  }
  return [...tensors].map((tensor) => {
    const readers = directReaders(model, tensor).filter((reader) => wantsIntegers(forms, reader));
    return { tensor, readers: readers.map(readerOf), isOutput: false };
  });
}

function isMadeByIntegers(model: OnnxModel, forms: RunForms, tensor: string): boolean {
  const producer = model.index.producers.get(tensor);
  return producer !== undefined && forms.get(firstOutput(producer))?.runs !== 'float';
}

function wantsIntegers(forms: RunForms, { node, index }: Consumer): boolean {
  const form = forms.get(firstOutput(node));
  return form !== undefined && form.runs !== 'float' && form.inputs.includes(index);
}

function readerOf({ node, index }: Consumer): Reader {
  return { node: firstOutput(node), index };
}

function inGraphOrder(
  model: OnnxModel,
  computed: ComputedTensors,
  placed: readonly UngroupedQuantizer[],
): readonly UngroupedQuantizer[] {
  const order = [...model.index.inputs, ...computed.nodes.flatMap(({ output }) => output)];
  const positions = new Map(order.map((tensor, position) => [tensor, position]));
  return [...placed].sort((a, b) => positions.get(a.tensor)! - positions.get(b.tensor)!);
}

function placedNode(
  model: OnnxModel,
  computed: ComputedTensors,
  target: Target,
  forms: RunForms,
  node: NodeProto,
): PlacedNode {
  const { runs, reason } = forms.get(firstOutput(node))!;
  const isNearIntegers =
    computed.activations(node).some((index) => isMadeByIntegers(model, forms, node.input[index]!)) ||
    node.output.some((output) => directReaders(model, output).some((reader) => wantsIntegers(forms, reader)));
  const isTold = Object.hasOwn(target.operators, node.opType) || isNearIntegers;
  return { node: firstOutput(node), op: node.opType, runs, reason: isTold ? reason : null };
}
