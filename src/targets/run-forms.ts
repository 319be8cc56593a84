import { firstOutput } from '../onnx/graph-index.js';
import { isDefaultDomain } from '../onnx/layers/hidden-layers.js';
import { findLayers, type FoundLayer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { NodeProto } from '../onnx/proto/onnx_pb.js';
import { directReaders, isCaptured, type ComputedTensors } from './computed-tensors.js';
import { conditions } from './conditions.js';
import { findQuantizedTensors } from './quantized-tensors.js';
import { bareInput } from './residual-branch.js';
import type { RunForm, RunForms } from './run-form.js';
import type { OperatorRule, Target } from './target.js';
import type { Wanted } from './wanted.js';

const NO_FORM = 'has no integer form';

const inFloat = (reason: string | null, rule: OperatorRule | null = null): RunForm => ({
  runs: 'float',
  rule,
  inputs: [],
  isFused: false,
  reason,
});

/** Which nodes a target runs on integers. */
export function findRunForms(model: OnnxModel, computed: ComputedTensors, target: Target, wanted: Wanted): RunForms {
  const layers = new Map<string, FoundLayer>(findLayers(model).map((layer) => [layer.outputTensor, layer]));
  const forms = new Map<string, RunForm>();
  const byRule = (node: NodeProto): RunForm => formByRule(model, computed, target, wanted, layers, node);
  for (const node of computed.nodes) forms.set(firstOutput(node), byRule(node));
  if (target.residual === 'identity') leaveBranchesBare(model, computed, forms);
  // A node turns to float, never back: this ends.
  for (let before = -1, after = 0; before !== after;) {
    before = after;
    fuseActivations(model, computed, target, forms, byRule);
    leaveUnequalRanges(computed, forms);
    leaveWithoutNeighbours(model, computed, forms);
    after = [...forms.values()].filter(({ runs }) => runs === 'float').length;
  }
  if (target.placement === 'readers') passOnForAllReaders(model, computed, forms);
  else passOnQuantized(model, computed, target, forms);
  return forms;
}

function formByRule(
  model: OnnxModel,
  computed: ComputedTensors,
  target: Target,
  wanted: Wanted,
  layers: ReadonlyMap<string, FoundLayer>,
  node: NodeProto,
): RunForm {
  const layer = layers.get(firstOutput(node)) ?? null;
  if (!isDefaultDomain(node)) return inFloat(`is of the domain ${node.domain}`);
  if (layer === null && !wanted.others) return inFloat(null);
  if (layer?.supported === false) return inFloat(`is left alone: ${layer.reason}`);
  const rules = [target.operators[node.opType] ?? []].flat();
  const activations = computed.activations(node);
  const subject = { model, node, layer, activations };
  const reasons: string[] = [];
  for (const rule of rules) {
    const why = (rule.when ?? []).map((name) => conditions[name](subject)).find((reason) => reason !== null);
    if (why !== undefined) {
      reasons.push(why);
      continue;
    }
    if (rule.runs === 'float') return inFloat(rule.why ?? NO_FORM, rule);
    if (target.placement === 'everyTensor' && node.output.some((output) => isCaptured(model, output))) {
      return inFloat('is read inside a branch or a loop');
    }
    if (activations.length === 0) return inFloat('reads no tensor that is computed');
    if (layer !== null && !wanted.layers.has(layer.outputTensor)) return inFloat('is kept in float');
    return { runs: rule.runs, rule, inputs: layer === null ? activations : [0], isFused: false, reason: null };
  }
  return inFloat(reasons[0] ?? NO_FORM);
}

/**
 * An activation that alone reads an integer operator's result becomes a part of it; where the
 * operator before it is in float by now it is on its own again.
 */
function fuseActivations(
  model: OnnxModel,
  computed: ComputedTensors,
  target: Target,
  forms: Map<string, RunForm>,
  byRule: (node: NodeProto) => RunForm,
): void {
  for (const node of computed.nodes) {
    const fused = target.fused[node.opType];
    const before = model.index.producers.get(node.input[0] ?? '');
    if (fused === undefined || before === undefined || !isDefaultDomain(node)) continue;
    const own = forms.get(firstOutput(node))!;
    const form = forms.get(firstOutput(before));
    const isAlone =
      directReaders(model, node.input[0]!).length === 1 &&
      !model.index.outputs.has(node.input[0]!) &&
      !isCaptured(model, node.input[0]!) &&
      !node.output.some((output) => target.placement === 'everyTensor' && isCaptured(model, output));
    const subject = { model, node, layer: null, activations: computed.activations(node) };
    const fits =
      fused.behind.includes(before.opType) &&
      form?.runs === 'quantize' &&
      !form.isFused &&
      isAlone &&
      (fused.when ?? []).every((name) => conditions[name](subject) === null);
    if (fits) {
      forms.set(firstOutput(node), { runs: 'quantize', rule: null, inputs: [], isFused: true, reason: null });
    } else if (own.isFused) {
      forms.set(firstOutput(node), byRule(node));
    }
  }
}

/** TensorRT computes an Add with the layer before it, whose result is not quantized then. */
function leaveBranchesBare(model: OnnxModel, computed: ComputedTensors, forms: Map<string, RunForm>): void {
  const isLayer = ({ opType, output }: NodeProto): boolean =>
    ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'].includes(opType) && forms.get(output[0]!)?.runs === 'quantize';
  for (const node of computed.nodes) {
    const form = forms.get(firstOutput(node))!;
    if (node.opType !== 'Add' || form.runs !== 'quantize') continue;
    const bare = bareInput(model, computed, node, isLayer);
    if (bare === null) continue;
    const tensor = node.input[bare]!;
    if (directReaders(model, tensor).length !== 1 || model.index.outputs.has(tensor)) continue;
    forms.set(firstOutput(node), { ...form, rule: { runs: 'quantize', output: 'none' }, inputs: [1 - bare] });
  }
}

/** Integers of one scale cannot be had of tensors whose scales the target fixes differently. */
function leaveUnequalRanges(computed: ComputedTensors, forms: Map<string, RunForm>): void {
  const fixed = new Map<string, string>();
  for (const node of computed.nodes) {
    const form = forms.get(firstOutput(node))!;
    if (form.runs === 'quantize' && form.rule?.range !== undefined) {
      fixed.set(firstOutput(node), JSON.stringify(form.rule.range));
    }
    if (form.runs !== 'pass' && form.rule?.output !== 'tied') continue;
    const ranges = new Set(form.inputs.map((index) => fixed.get(node.input[index]!) ?? ''));
    const [range] = ranges;
    if (ranges.size > 1) {
      forms.set(firstOutput(node), inFloat('joins tensors whose ranges the target fixes differently', form.rule));
    } else if (range !== undefined && range !== '') {
      for (const output of computed.outputs(node)) fixed.set(output, range);
    }
  }
}

function leaveWithoutNeighbours(model: OnnxModel, computed: ComputedTensors, forms: Map<string, RunForm>): void {
  const read = new Set<string>();
  for (const node of [...computed.nodes].reverse()) {
    const form = forms.get(firstOutput(node))!;
    const isRead = computed.outputs(node).some((output) => read.has(output));
    if (form.rule?.needs !== undefined && form.runs === 'quantize' && !isRead) {
      forms.set(firstOutput(node), inFloat('is read by no integer operator', form.rule));
    } else if (form.isFused && isRead) {
      read.add(node.input[0]!);
    } else if (form.runs === 'quantize' || (form.runs === 'pass' && isRead)) {
      for (const index of form.inputs) read.add(node.input[index]!);
    }
  }
  const made = new Set<string>(model.index.inputs);
  for (const node of computed.nodes) {
    const form = forms.get(firstOutput(node))!;
    const hasMade = node.input.some((input) => made.has(input));
    if (form.rule?.needs === 'both' && form.runs === 'quantize' && !hasMade) {
      forms.set(firstOutput(node), inFloat('reads no result of an integer operator', form.rule));
    } else if (form.runs === 'quantize' || (form.runs === 'pass' && hasMade)) {
      for (const output of computed.outputs(node)) made.add(output);
    }
  }
}

/** A quantizer moves above what passes integers on where all that reads it wants integers. */
function passOnForAllReaders(model: OnnxModel, computed: ComputedTensors, forms: Map<string, RunForm>): void {
  for (const node of [...computed.nodes].reverse()) {
    const form = forms.get(firstOutput(node))!;
    if (form.runs !== 'pass') continue;
    const isWanted = computed.outputs(node).every((output) => {
      const readers = directReaders(model, output);
      if (readers.length === 0 || model.index.outputs.has(output) || isCaptured(model, output)) return false;
      return readers.every(({ node: reader, index }) => forms.get(firstOutput(reader))?.inputs.includes(index));
    });
    if (!isWanted) forms.set(firstOutput(node), inFloat(null, form.rule));
  }
}

/**
 * What passes integers on does so where its input or its output is quantized anyway, and an
 * activation is a part of its operator where there is a quantizer behind the two.
 */
function passOnQuantized(
  model: OnnxModel,
  computed: ComputedTensors,
  target: Target,
  forms: Map<string, RunForm>,
): void {
  for (const node of computed.nodes) {
    const form = forms.get(firstOutput(node))!;
    const isLast = computed.outputs(node).every((output) => directReaders(model, output).length === 0);
    if (form.runs === 'pass' && isLast && target.outputs === 'float') {
      forms.set(firstOutput(node), inFloat(null, form.rule));
    }
  }
  const quantized = findQuantizedTensors(model, computed, forms);
  for (const node of computed.nodes) {
    const form = forms.get(firstOutput(node))!;
    if ((form.runs === 'pass' || form.isFused) && !quantized.has(firstOutput(node))) {
      forms.set(firstOutput(node), inFloat(null, form.rule));
    }
  }
}
