import { firstOutput } from '../onnx/graph-index.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { NodeProto } from '../onnx/proto/onnx_pb.js';
import { directReaders, type ComputedTensors } from './computed-tensors.js';
import type { RunForms } from './run-form.js';

/**
 * All tensors that integer operators read or make, for targets that quantize every one: behind an
 * activation that is a part of the operator, not before it.
 */
export function findQuantizedTensors(
  model: OnnxModel,
  computed: ComputedTensors,
  forms: RunForms,
): ReadonlySet<string> {
  const formOf = (node: NodeProto) => forms.get(firstOutput(node))!;
  const beforeIntegers = findBeforeIntegers(computed, forms);
  const quantized = new Set<string>();
  for (const node of computed.nodes) {
    const { runs, inputs, rule } = formOf(node);
    if (runs !== 'quantize') continue;
    for (const index of inputs) quantized.add(node.input[index]!);
    if (rule === null || rule.output === 'none') continue;
    for (const output of computed.outputs(node)) {
      const behind = fusedBehind(model, output, forms);
      if (rule.output !== 'unlessLast' || isNeeded(model, behind, beforeIntegers)) quantized.add(behind);
    }
  }
  for (let size = -1; size !== quantized.size;) {
    size = quantized.size;
    for (const node of computed.nodes) {
      const { runs, inputs } = formOf(node);
      if (runs !== 'pass') continue;
      const all = [...inputs.map((index) => node.input[index]!), ...computed.outputs(node)];
      if (all.some((tensor) => quantized.has(tensor))) for (const tensor of all) quantized.add(tensor);
    }
  }
  return quantized;
}

/** The tensor behind the activation that is a part of its operator; itself where there is none. */
export function fusedBehind(model: OnnxModel, tensor: string, forms: RunForms): string {
  const [reader] = directReaders(model, tensor);
  if (reader === undefined) return tensor;
  const output = firstOutput(reader.node);
  return forms.get(output)?.isFused === true && reader.index === 0 ? output : tensor;
}

/**
 * A product without a quantizer behind it gives float. Before an Add the runtime would take that
 * for its bias, and compute the whole in float.
 */
function isNeeded(model: OnnxModel, tensor: string, beforeIntegers: ReadonlySet<string>): boolean {
  return beforeIntegers.has(tensor) || directReaders(model, tensor).some(({ node }) => node.opType === 'Add');
}

/** Tensors behind which, at any distance, an integer operator comes. */
function findBeforeIntegers(computed: ComputedTensors, forms: RunForms): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of [...computed.nodes].reverse()) {
    const { runs, inputs } = forms.get(firstOutput(node))!;
    const isBefore = computed.outputs(node).some((output) => found.has(output));
    if (isBefore) for (const index of computed.activations(node)) found.add(node.input[index]!);
    else if (runs === 'quantize') for (const index of inputs) found.add(node.input[index]!);
  }
  return found;
}
