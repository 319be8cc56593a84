import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { targets, type PlacingTargetName } from '../targets/registry.js';
import { noSmoothing } from './smoothing-factors.js';
import type { LayerSmoothing } from './smoothed-model.js';

/**
 * How a target writes the smoothing of layers that is not folded: at an input of the model in the
 * scale of its quantizer, which is one for each channel then; elsewhere as a depthwise convolution.
 * Where the target has neither, the layer is left unsmoothed, and told why.
 *
 * @param decisions of all layers; those with `apply` `insert` are decided anew
 */
export function chooseForms(
  model: OnnxModel,
  layers: readonly Layer[],
  decisions: ReadonlyMap<string, LayerSmoothing>,
  target: PlacingTargetName,
): ReadonlyMap<string, LayerSmoothing> {
  const chosen = new Map(decisions);
  const asked = layers.filter(({ name }) => decisions.get(name)!.apply === 'insert');
  for (const layer of asked) {
    const decision = decisions.get(layer.name)!;
    if (decision.factors.s.every((factor) => factor === 1)) {
      chosen.set(layer.name, { ...decision, apply: 'none', fallbackReason: null });
      continue;
    }
    const atInput = inputFactors(model, asked, decisions, layer);
    const form = formOf(layer, atInput !== null, target);
    chosen.set(layer.name, {
      ...decision,
      ...(form.apply === 'none' ? { factors: noSmoothing(layer.inputChannels) } : {}),
      ...(form.apply === 'channelQuantize' ? { factors: { ...decision.factors, s: atInput! } } : {}),
      apply: form.apply,
      fallbackReason: [decision.fallbackReason, form.reason].filter((reason) => reason !== null).join('; ') || null,
    });
  }
  return chosen;
}

interface Form {
  readonly apply: 'channelQuantize' | 'depthwise' | 'none';
  readonly reason: string | null;
}

function formOf(layer: Layer, isAtInput: boolean, target: PlacingTargetName): Form {
  const { atInput, elsewhere } = targets[target].smoothing;
  if (isAtInput && atInput !== null) return { apply: atInput, reason: null };
  if (elsewhere === null) {
    return { apply: 'none', reason: `${target} has no exact form for it that is not slower` };
  }
  if (layer.inputRank === 4) return { apply: elsewhere, reason: null };
  return {
    apply: 'none',
    reason: `a depthwise convolution divides inputs of 4 dimensions only, not that of a ${layer.op}`,
  };
}

function statedRank(model: OnnxModel, input: string): number | null {
  return model.graph.input.find(({ name }) => name === input)?.type?.tensorType?.shape?.dim.length ?? null;
}

/**
 * What the quantizer of a model's input divides by: the elementwise maximum over all that read it.
 * Null where the layer reads another tensor, or others than these layers read the input too.
 */
function inputFactors(
  model: OnnxModel,
  asked: readonly Layer[],
  decisions: ReadonlyMap<string, LayerSmoothing>,
  { inputTensor, inputRank }: Layer,
): Float32Array | null {
  if (!model.index.inputs.includes(inputTensor) || model.index.outputs.has(inputTensor)) return null;
  // A quantizer has its channels on axis 1, where those of a MatMul are of matrices only.
  if (inputRank === null && statedRank(model, inputTensor) !== 2) return null;
  const readers = (model.index.consumers.get(inputTensor) ?? []).filter(({ node }) => node.opType !== 'Shape');
  const own = readers.map(({ node, index }) =>
    index !== 0 ? undefined : asked.find((layer) => layer.outputTensor === node.output[0]),
  );
  if (own.some((layer) => layer?.inputRank !== inputRank)) return null;
  const all = own.map((layer) => decisions.get(layer!.name)!.factors.s);
  return all[0]!.map((_, c) => Math.max(...all.map((s) => s[c]!)));
}
