import { firstOutput } from '../onnx/graph-index.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { ComputedTensors } from './computed-tensors.js';
import type { QuantizerGroup } from './placement.js';
import { fusedBehind } from './quantized-tensors.js';
import type { RunForms } from './run-form.js';
import type { FixedRange } from './target.js';

/** Which quantizers share a scale, and whose ranges it is made of. */
export interface GroupedQuantizers {
  readonly groups: readonly QuantizerGroup[];
  /** Number of a quantized tensor's group. */
  readonly groupOf: (tensor: string) => number;
}

/** @param quantized tensors in graph order, which numbers the groups */
export function groupQuantizers(
  model: OnnxModel,
  computed: ComputedTensors,
  forms: RunForms,
  quantized: readonly string[],
): GroupedQuantizers {
  const own = new Set(quantized);
  const parents = new Map<string, string>();
  const rootOf = (tensor: string): string => {
    let root = tensor;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    return root;
  };
  const tie = (tensors: readonly string[]): void => {
    for (const tensor of tensors.slice(1)) {
      const [a, b] = [rootOf(tensors[0]!), rootOf(tensor)];
      if (a !== b) parents.set(b, a);
    }
  };
  const follows = new Set<string>();
  const ranges = new Map<string, FixedRange>();
  // Where a quantizer lies above what passes integers on, those that a tensor is read through.
  const through = new Map<string, readonly string[]>();
  for (const node of computed.nodes) {
    const { runs, rule, inputs } = forms.get(firstOutput(node))!;
    const outputs = computed.outputs(node);
    const isTied = runs === 'pass' || rule?.output === 'tied';
    const read = (isTied && runs === 'float' ? computed.activations(node) : inputs)
      .map((index) => node.input[index]!)
      .flatMap((input) => (own.has(input) ? [input] : (through.get(input) ?? [])));
    const made = outputs.map((output) => fusedBehind(model, output, forms)).filter((output) => own.has(output));
    if (isTied && read.length > 0) {
      tie([...read, ...made]);
      for (const output of made) follows.add(output);
      if (runs === 'pass') for (const output of outputs) through.set(output, read);
    }
    if (rule?.range !== undefined && runs === 'quantize') for (const output of made) ranges.set(output, rule.range);
  }
  const members = new Map<string, string[]>();
  for (const tensor of quantized) {
    const root = rootOf(tensor);
    members.set(root, [...(members.get(root) ?? []), tensor]);
  }
  const numbers = new Map([...members.keys()].map((root, number) => [root, number]));
  return {
    groups: [...members.values()].map((tensors) => {
      const observed = tensors.filter((tensor) => !follows.has(tensor));
      return { observed, range: ranges.get(observed[0]!) ?? null };
    }),
    groupOf: (tensor) => numbers.get(rootOf(tensor))!,
  };
}
