import type { AbsmaxMethod } from './absmax-method.js';
import { applyEdits } from '../onnx/edits/edits.js';
import { dependsOnSamples } from '../onnx/constants.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';

/** The graph outputs that hold the statistics of one observed tensor. */
export interface ObservedTensor {
  readonly tensor: string;
  /** Every layer that reads the tensor. */
  readonly layers: readonly Layer[];
  readonly channels: number;
  /** Outputs `[rows, C]`: one row a sample for convolutions, one row a batch otherwise. */
  readonly max: string;
  readonly min: string;
  /** Mean per row and channel: only to find NaN, which max and min may swallow. */
  readonly mean: string;
  /** Output `[C]` of the `view` method; null unless asked for. */
  readonly viewMax: string | null;
  /** Output of the tensor's values themselves, for histograms; null unless asked for. */
  readonly values: string | null;
  /** False where its numbers are the same in every run. */
  readonly isOfSamples: boolean;
}

export interface ObserveGraph {
  readonly model: OnnxModel;
  readonly observed: readonly ObservedTensor[];
}

/**
 * The model with its outputs replaced by per-channel statistics of every layer's input, reduced
 * inside the graph, so that only small arrays leave the runtime. A tensor that several layers read
 * is observed once. Histograms have no operator of ONNX: for them the values leave the runtime as
 * well.
 *
 * @param constantInputs of the model, which get the same in every run
 * @param sums `huge`: of values whose sum float32 does not hold; the means, which only tell whether
 *   all values are finite, are those of `2^-100 x`
 */
export function observeGraph(
  folded: OnnxModel,
  layers: readonly Layer[],
  methods: readonly AbsmaxMethod[],
  histograms = false,
  constantInputs: ReadonlySet<string> = new Set(),
  sums: 'plain' | 'huge' = 'plain',
): ObserveGraph {
  const patch = new GraphPatch(folded);
  const byTensor = new Map<string, Layer[]>();
  for (const layer of layers) {
    const id = `${layer.inputTensor}\n${layer.inputRank ?? 'any'}`;
    byTensor.set(id, [...(byTensor.get(id) ?? []), layer]);
  }
  const observed = [...byTensor.values()].map((readers, i) => {
    const { inputTensor } = readers[0]!;
    const isComputed = folded.index.producers.has(inputTensor);
    return {
      ...observeTensor(patch, readers, methods, { histograms, sums }, isComputed, `${patch.prefix}observe/${i}`),
      isOfSamples: dependsOnSamples(folded, inputTensor, constantInputs),
    };
  });
  const tensors = observed.flatMap((o) => [o.max, o.min, o.mean, o.viewMax, o.values]).filter((o) => o !== null);
  patch.edit({ kind: 'setOutputs', tensors: [...new Set(tensors)] });
  return { model: applyEdits(folded, patch.edits), observed };
}

function observeTensor(
  patch: GraphPatch,
  layers: readonly Layer[],
  methods: readonly AbsmaxMethod[],
  { histograms, sums }: { readonly histograms: boolean; readonly sums: 'plain' | 'huge' },
  isComputed: boolean,
  name: string,
): Omit<ObservedTensor, 'isOfSamples'> {
  const [{ inputTensor, inputChannels, inputRank }] = layers as readonly [Layer, ...Layer[]];
  const isConvolution = inputRank !== null && inputRank > 2;
  const rows = isConvolution ? inputTensor : patch.reshape(inputTensor, [-1, inputChannels], `${name}/rows`);
  const axes = isConvolution ? Array.from({ length: inputRank - 2 }, (_, i) => i + 2) : [0];
  const summed = sums === 'plain' ? rows : patch.apply('Mul', [rows, patch.scalar(2 ** -100)], `${name}/scaled`);
  return {
    tensor: inputTensor,
    layers,
    channels: inputChannels,
    max: patch.reduce('ReduceMax', rows, axes, `${name}/max`),
    min: patch.reduce('ReduceMin', rows, axes, `${name}/min`),
    mean: patch.reduce('ReduceMean', summed, axes, `${name}/mean`),
    viewMax: methods.includes('view') ? observeView(patch, inputTensor, inputChannels, name) : null,
    // A graph input can't be an output under its own name.
    values: !histograms ? null : isComputed ? inputTensor : patch.apply('Identity', [inputTensor], `${name}/values`),
  };
}

/** `x.view(-1, C).abs().max(0)`: column j takes every C-th number of the contiguous tensor. */
function observeView(patch: GraphPatch, tensor: string, channels: number, name: string): string {
  const view = patch.reshape(tensor, [-1, channels], `${name}/view`);
  return patch.reduce('ReduceMax', patch.apply('Abs', [view], `${name}/view_abs`), [0], `${name}/view_max`);
}
