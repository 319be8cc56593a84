import type { AbsmaxMethod } from './absmax-method.js';
import { applyEdits } from '../onnx/edits/edits.js';
import { dependsOnSamples } from '../onnx/constants.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { TensorChannels } from '../onnx/layers/tensor-channels.js';
import type { OnnxModel } from '../onnx/onnx-model.js';

/** The graph outputs that hold the statistics of one observed tensor. */
export interface ObservedTensor {
  readonly tensor: string;
  /** Every layer that reads the tensor; none of a tensor that a target asks for. */
  readonly layers: readonly Layer[];
  readonly channels: number;
  /** Where the channels are; null: all values are of one channel. */
  readonly channelAxis: 1 | 'last' | null;
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

/** A tensor that is no layer's input. */
export interface FurtherTensor {
  readonly tensor: string;
  /** Null: all values are of one channel. */
  readonly shape: TensorChannels | null;
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
 * @param further tensors that are observed besides, each once
 */
export function observeGraph(
  folded: OnnxModel,
  layers: readonly Layer[],
  methods: readonly AbsmaxMethod[],
  histograms = false,
  constantInputs: ReadonlySet<string> = new Set(),
  sums: 'plain' | 'huge' = 'plain',
  further: readonly FurtherTensor[] = [],
): ObserveGraph {
  const patch = new GraphPatch(folded);
  const byTensor = new Map<string, Layer[]>();
  for (const layer of layers) {
    const id = `${layer.inputTensor}\n${layer.inputRank ?? 'any'}`;
    byTensor.set(id, [...(byTensor.get(id) ?? []), layer]);
  }
  const wanted: Omit<Observed, 'name' | 'isComputed'>[] = [
    ...[...byTensor.values()].map((layers) => {
      const { inputTensor: tensor, inputChannels: channels, inputRank } = layers[0]!;
      // A MatMul's input may have any rank, with its channels last.
      return { tensor, layers, shape: { channels, rank: inputRank ?? 2 } };
    }),
    ...further.map((each) => ({ ...each, layers: [] })),
  ];
  const observed = wanted.map((each, i) => ({
    ...observeTensor(
      patch,
      methods,
      { histograms, sums },
      {
        ...each,
        isComputed: folded.index.producers.has(each.tensor),
        name: `${patch.prefix}observe/${i}`,
      },
    ),
    isOfSamples: dependsOnSamples(folded, each.tensor, constantInputs),
  }));
  const tensors = observed.flatMap((o) => [o.max, o.min, o.mean, o.viewMax, o.values]).filter((o) => o !== null);
  patch.edit({ kind: 'setOutputs', tensors: [...new Set(tensors)] });
  return { model: applyEdits(folded, patch.edits), observed };
}

/** A tensor to observe, and the prefix of the tensors that are made for it. */
interface Observed extends FurtherTensor {
  readonly layers: readonly Layer[];
  /** By a node: not an input of the model. */
  readonly isComputed: boolean;
  readonly name: string;
}

function observeTensor(
  patch: GraphPatch,
  methods: readonly AbsmaxMethod[],
  { histograms, sums }: { readonly histograms: boolean; readonly sums: 'plain' | 'huge' },
  { tensor, layers, shape, isComputed, name }: Observed,
): Omit<ObservedTensor, 'isOfSamples'> {
  const channels = shape?.channels ?? 1;
  const isConvolution = shape !== null && shape.rank > 2;
  const asRows = shape === null ? [1, 1, -1] : [-1, channels];
  const rows = isConvolution ? tensor : patch.reshape(tensor, asRows, `${name}/rows`);
  const axes = isConvolution ? Array.from({ length: shape.rank - 2 }, (_, i) => i + 2) : [shape === null ? 2 : 0];
  const summed = sums === 'plain' ? rows : patch.apply('Mul', [rows, patch.scalar(2 ** -100)], `${name}/scaled`);
  return {
    tensor,
    layers,
    channels,
    channelAxis: shape === null ? null : layers[0]?.inputRank === null || shape.rank === 2 ? 'last' : 1,
    max: patch.reduce('ReduceMax', rows, axes, `${name}/max`),
    min: patch.reduce('ReduceMin', rows, axes, `${name}/min`),
    mean: patch.reduce('ReduceMean', summed, axes, `${name}/mean`),
    viewMax: layers.length > 0 && methods.includes('view') ? observeView(patch, tensor, channels, name) : null,
    // A graph input can't be an output under its own name.
    values: !histograms ? null : isComputed ? tensor : patch.apply('Identity', [tensor], `${name}/values`),
  };
}

/** `x.view(-1, C).abs().max(0)`: column j takes every C-th number of the contiguous tensor. */
function observeView(patch: GraphPatch, tensor: string, channels: number, name: string): string {
  const view = patch.reshape(tensor, [-1, channels], `${name}/view`);
  return patch.reduce('ReduceMax', patch.apply('Abs', [view], `${name}/view_abs`), [0], `${name}/view_max`);
}
