import { cutGraph } from '../../onnx/edits/cut-graph.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import type { Layer } from '../../onnx/layers/layers.js';
import { intAttribute, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { TensorProto_DataType, type NodeProto } from '../../onnx/proto/onnx_pb.js';
import { layerReading, type LayerReading } from './layer-reading.js';
import { addMomentPieces, type MomentChannels, type MomentPiece, type MomentTensors } from './moment-pieces.js';
import { MOST_COLUMNS, momentLayout, type MomentLayout } from './moment-layout.js';
import { windowSteps } from './window-steps.js';

/** Products within groups of channels, or within one block of one group. */
export interface MomentUnit extends MomentChannels {
  readonly pieces: readonly MomentPiece[];
}

/** The graph outputs that hold the sums of one tensor as layers of one reading read it. */
export interface MomentSource {
  /** All layers that read the tensor so. */
  readonly layers: readonly string[];
  readonly reading: LayerReading;
  readonly layout: MomentLayout;
  /** Every how many windows along each axis of the image are read. */
  readonly steps: readonly number[];
  /** In the order of `momentBlocks`: all groups at once, or each block for itself. */
  readonly units: readonly MomentUnit[];
  /** `[rows, C]`: shares of numbers that are not 0; null of products of two tensors. */
  readonly nonZero: string | null;
  /** Dimensions of the tensor, and of the layer's output, as float32. */
  readonly inputShape: string;
  readonly outputShape: string;
  /** What the numbers of the tensors were divided by, each a scalar; null: 1. */
  readonly scales: { readonly tensor: string; readonly other: string } | null;
}

export interface MomentsGraph {
  readonly model: OnnxModel;
  /** Names of all layers, as they were given. */
  readonly layers: readonly string[];
  readonly sources: readonly MomentSource[];
}

/** How moments are summed up inside a graph. */
export interface MomentsGraphOptions {
  /**
   * `huge`: where float32 does not hold the sums of squares, or squares are so small that it loses
   * them: each tensor is divided by the largest magnitude of the run.
   */
  readonly sums?: 'plain' | 'huge';
  /** Layers of more columns are kept in blocks. */
  readonly mostColumns?: number;
  /**
   * Of the images that layers read, by tensor, see `inputSizes`: of large ones not every window is
   * read, see `windowSteps`. Absent: all are.
   */
  readonly sizes?: ReadonlyMap<string, readonly number[]>;
}

/**
 * The model with its outputs replaced by sums of products of every layer's unfolded input, over all
 * samples and output positions of a run: see `LayerMoments`. Layers that read one tensor in the
 * same way share them.
 *
 * Sums are of float32: runs of 32 to 64 samples keep them within about 1e-6.
 *
 * @param folded whose tensors the layers read
 */
export function momentsGraph(
  folded: OnnxModel,
  layers: readonly Layer[],
  options: MomentsGraphOptions = {},
): MomentsGraph {
  const patch = new GraphPatch(folded);
  const byReading = new Map<string, { readonly layers: Layer[]; readonly reading: LayerReading }>();
  for (const layer of layers) {
    const reading = layerReading(layer, folded.index.producers.get(layer.outputTensor)!);
    const id = `${layer.inputTensor}\n${reading.id}`;
    const known = byReading.get(id);
    if (known === undefined) byReading.set(id, { layers: [layer], reading });
    else known.layers.push(layer);
  }
  const sources = [...byReading.values()].map(({ layers, reading }, index) => {
    const [{ inputTensor: tensor, outputTensor: output }] = layers as [Layer];
    const name = `${patch.prefix}moments/${index}`;
    return addSource(patch, { tensor, other: null, output }, layers, reading, options, name);
  });
  return {
    model: cutGraph(applyEdits(folded, patch.edits), outputsOf(sources)),
    layers: layers.map(({ name }) => name),
    sources,
  };
}

/** A layer's input in two models that are in one graph. */
export interface TensorPair {
  readonly layer: Layer;
  /** The layer's node in the float model, for how it reads its input. */
  readonly node: NodeProto;
  /** Input tensors in the graph, of one shape. */
  readonly float: string;
  readonly quantized: string;
  /** A tensor of the shape of the layer's output. */
  readonly output: string;
}

/** Where a graph of cross moments begins, and what it gives beside them. */
export interface CrossMomentsOptions extends MomentsGraphOptions {
  /** Tensors that are fed, so that what makes them is not computed again. */
  readonly given?: ReadonlySet<string>;
  /** Tensors that are outputs as well. */
  readonly further?: readonly string[];
}

export interface CrossMomentsGraph {
  readonly model: OnnxModel;
  readonly pairs: readonly {
    readonly layer: string;
    /** Sums of u_float u_quantized^T, and of u_float. */
    readonly cross: MomentSource;
    /** Sums of u_quantized u_quantized^T, and of u_quantized. */
    readonly quantized: MomentSource;
  }[];
}

/**
 * A graph that holds two models, reduced to sums of products of what a layer reads in the one and
 * in the other.
 */
export function crossMomentsGraph(
  both: OnnxModel,
  pairs: readonly TensorPair[],
  { given, further = [], ...options }: CrossMomentsOptions = {},
): CrossMomentsGraph {
  const patch = new GraphPatch(both);
  const added = pairs.map(({ layer, node, float, quantized, output }, index) => {
    const reading = layerReading(layer, node);
    const source = (tensor: string, other: string | null, part: string): MomentSource =>
      addSource(patch, { tensor, other, output }, [layer], reading, options, `${patch.prefix}moments/${index}/${part}`);
    return {
      layer: layer.name,
      cross: source(float, quantized, 'cross'),
      quantized: source(quantized, null, 'quantized'),
    };
  });
  const outputs = outputsOf(added.flatMap(({ cross, quantized }) => [cross, quantized]));
  const tensors = [...new Set([...outputs, ...further])];
  return { model: cutGraph(applyEdits(both, patch.edits), tensors, given), pairs: added };
}

function outputsOf(sources: readonly MomentSource[]): readonly string[] {
  const names = sources.flatMap(({ units, nonZero, inputShape, outputShape, scales }) => [
    ...units.flatMap(({ pieces }) =>
      pieces.flatMap(({ products, sums }) => (sums === null ? [products] : [products, sums])),
    ),
    ...(nonZero === null ? [] : [nonZero]),
    ...[inputShape, outputShape],
    ...(scales === null ? [] : [scales.tensor, scales.other]),
  ]);
  return [...new Set(names)];
}

function addSource(
  patch: GraphPatch,
  { tensor, other, output }: MomentTensors & { readonly output: string },
  layers: readonly Layer[],
  reading: LayerReading,
  { sums = 'plain', mostColumns = MOST_COLUMNS, sizes }: MomentsGraphOptions,
  name: string,
): MomentSource {
  const layout = momentLayout(layers[0]!.layout, mostColumns);
  const steps =
    patch.opset < 10 ? reading.kernel.map(() => 1) : windowSteps(reading, layers[0]!.layout, sizes?.get(tensor));
  const read = { ...reading, strides: reading.strides.map((stride, axis) => stride * steps[axis]!) };
  const scaled = (from: string, part: string): Scaled => {
    const rows = reading.kind === 'matrix' ? patch.reshape(from, [-1, reading.channelsPerGroup], `${part}/rows`) : from;
    return sums === 'plain' ? { tensor: rows, scale: null } : divideByLargest(patch, rows, reading, part);
  };
  const own = scaled(tensor, `${name}/whole`);
  const others = other === null ? null : scaled(other, `${name}/whole_other`);
  const { groups, channelsPerGroup } = reading;
  const perBlock = layout.blockColumns / layout.kernelSize;
  const units: MomentUnit[] = [];
  if (perBlock === channelsPerGroup) {
    const channels = { groups, channels: channelsPerGroup };
    const tensors = { tensor: own.tensor, other: others?.tensor ?? null };
    units.push({ ...channels, pieces: addMomentPieces(patch, tensors, read, channels, name) });
  } else {
    for (let group = 0; group < groups; group++) {
      for (let first = 0; first < channelsPerGroup; first += perBlock) {
        const channels = { groups: 1, channels: Math.min(perBlock, channelsPerGroup - first) };
        const id = `${name}/${group}_${first}`;
        const cut = (from: string, part: string): string => {
          const start = group * channelsPerGroup + first;
          return patch.slice(from, [{ axis: 1, start, end: start + channels.channels }], part);
        };
        const tensors = {
          tensor: cut(own.tensor, `${id}/of_own`),
          other: others === null ? null : cut(others.tensor, `${id}/of_other`),
        };
        units.push({ ...channels, pieces: addMomentPieces(patch, tensors, read, channels, id) });
      }
    }
  }
  return {
    ...{ layers: layers.map((layer) => layer.name), reading, layout, steps, units },
    nonZero: other === null ? nonZeroShares(patch, own.tensor, reading, `${name}/non_zero`) : null,
    inputShape: shapeOf(patch, tensor, `${name}/input_shape`),
    outputShape: shapeOf(patch, output, `${name}/output_shape`),
    scales: own.scale === null ? null : { tensor: own.scale, other: others?.scale ?? own.scale },
  };
}

interface Scaled {
  readonly tensor: string;
  readonly scale: string | null;
}

function divideByLargest(patch: GraphPatch, tensor: string, { kernel }: LayerReading, name: string): Scaled {
  const axes = Array.from({ length: 2 + kernel.length }, (_, axis) => axis);
  const largest = patch.reduce('ReduceMax', patch.apply('Abs', [tensor], `${name}/abs`), axes, `${name}/largest`);
  const scale = patch.apply('Max', [largest, patch.scalar(SMALLEST_NORMAL)], `${name}/scale`);
  return { tensor: patch.apply('Div', [tensor, scale], `${name}/scaled`), scale };
}

const SMALLEST_NORMAL = 2 ** -126;

/** `[N, C]` of windows, `[C]` of rows. */
function nonZeroShares(patch: GraphPatch, tensor: string, { kernel }: LayerReading, name: string): string {
  const cast = (from: string, to: TensorProto_DataType, output: string): string => {
    patch.node(makeNode('Cast', [from], output, [intAttribute('to', to)]));
    return output;
  };
  const truth = cast(tensor, TensorProto_DataType.BOOL, `${name}/is`);
  const ones = cast(truth, TensorProto_DataType.FLOAT, `${name}/ones`);
  const axes = kernel.length === 0 ? [0] : kernel.map((_, axis) => axis + 2);
  return patch.reduce('ReduceMean', ones, axes, `${name}/share`);
}

function shapeOf(patch: GraphPatch, tensor: string, name: string): string {
  const shape = patch.apply('Shape', [tensor], `${name}/integers`);
  patch.node(makeNode('Cast', [shape], name, [intAttribute('to', TensorProto_DataType.FLOAT)]));
  return name;
}
