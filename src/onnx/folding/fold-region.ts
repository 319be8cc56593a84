import { channelScaling } from './channel-scaling.js';
import { constantTensor } from '../constants.js';
import { describeNode } from '../graph-index.js';
import type { FoundLayer, Layer } from '../layers/layers.js';
import { readIntAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { FLOAT32, tensorShape } from '../tensor.js';

/** A node whose output channels can be divided by moving the division into its parameters. */
export interface Producer {
  readonly node: NodeProto;
  readonly channels: number;
  /** The layer, or null for a BatchNormalization. */
  readonly layer: Layer | null;
}

/**
 * A producer and everything that its output reaches through operators that commute with scaling
 * channels: dividing the producer's output channels by s and multiplying the weights of all readers
 * by s leaves the model's function unchanged.
 */
export interface FoldRegion {
  readonly producer: Producer;
  /** In graph order. */
  readonly readers: readonly Layer[];
}

/**
 * The region that feeds a layer, or a short sentence that says why 1/s can't move out of the
 * layer's input exactly.
 *
 * @param found all layers of the model by output tensor
 * @param willing output tensors of the layers whose weights may be multiplied by s
 */
export function findFoldRegion(
  model: OnnxModel,
  found: ReadonlyMap<string, FoundLayer>,
  willing: ReadonlySet<string>,
  layer: Layer,
): FoldRegion | string {
  const producer = findProducer(model, found, layer.inputTensor);
  if (typeof producer === 'string') return producer;
  const readers = findReaders(model, found, willing, producer);
  return typeof readers === 'string' ? readers : { producer, readers };
}

/**
 * On the way back ranks are not known yet; on the way forward from the producer all is checked
 * again with them.
 */
const ANY_RANK = Infinity;

function findProducer(model: OnnxModel, found: ReadonlyMap<string, FoundLayer>, input: string): Producer | string {
  for (let tensor = input; ;) {
    const node = model.index.producers.get(tensor);
    if (node === undefined) return `"${tensor}" is made by no operator`;
    if (node.output[0] !== tensor) return `"${tensor}" is not the first output of ${describeNode(node)}`;
    const own = found.get(tensor);
    if (own !== undefined) return layerProducer(model, node, own);
    if (node.opType === 'BatchNormalization') return batchNormProducer(model, node);
    const scaling = channelScaling(model, node, ANY_RANK);
    if (!scaling.commutes) return scaling.reason;
    tensor = node.input[0]!;
  }
}

/** The layer as a producer, or why its outputs can't be divided. */
export function layerProducer(model: OnnxModel, node: NodeProto, layer: FoundLayer): Producer | string {
  const name = `${layer.op} "${layer.name}"`;
  if (!layer.supported) return `${name} can't take it: ${layer.reason}`;
  if (layer.biasIndex === null) return `${name} has no channel axis 1 and no bias`;
  const shared = sharedConstant(model, node, [1, layer.biasIndex]);
  if (shared !== null) return shared;
  const bias = node.input[layer.biasIndex] ?? '';
  if (bias !== '' && !isVector(model, bias, layer.outputChannels)) {
    return `the bias of ${name} is computed, or not one number per output channel`;
  }
  return { node, channels: layer.outputChannels, layer };
}

/** The BatchNormalization as a producer, or why its outputs can't be divided. */
export function batchNormProducer(model: OnnxModel, node: NodeProto): Producer | string {
  const [, scale = '', bias = ''] = node.input;
  const shared = sharedConstant(model, node, [1, 2]);
  if (shared !== null) return shared;
  const channels = constantTensor(model, scale)?.dims[0];
  const constant = channels !== undefined && [scale, bias].every((name) => isVector(model, name, Number(channels)));
  if (!constant) return `the parameters of ${describeNode(node)} are computed`;
  if (readIntAttribute(node, 'training_mode', 0) !== 0) return `${describeNode(node)} is in training mode`;
  return { node, channels: Number(channels), layer: null };
}

/** What else reads one of the node's constants, be it through Identity or Transpose. */
export function sharedConstant(model: OnnxModel, node: NodeProto, indices: readonly number[]): string | null {
  for (const index of indices) {
    for (let name = node.input[index] ?? ''; name !== '';) {
      const others = (model.index.consumers.get(name) ?? []).length > 1;
      if (others || model.index.outputs.has(name)) return `${describeNode(node)} shares "${name}" with another reader`;
      name = model.index.producers.get(name)?.input[0] ?? '';
    }
  }
  return null;
}

/** `[channels]`, or dimensions of 1 before it, as a Gemm's bias may have. */
function isVector(model: OnnxModel, name: string, channels: number): boolean {
  const tensor = constantTensor(model, name);
  if (tensor?.dataType !== FLOAT32) return false;
  const shape = tensorShape(tensor);
  return shape.at(-1) === channels && shape.slice(0, -1).every((dim) => dim === 1);
}

function findReaders(
  model: OnnxModel,
  found: ReadonlyMap<string, FoundLayer>,
  willing: ReadonlySet<string>,
  { node: producer, layer, channels }: Producer,
): readonly Layer[] | string {
  const readers = new Set<string>();
  const open = [{ tensor: producer.output[0]!, rank: layer?.inputRank ?? null }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { tensor, rank } = next;
    if (model.index.outputs.has(tensor)) return `"${tensor}" is an output of the model`;
    for (const { node, index } of model.index.consumers.get(tensor) ?? []) {
      if (index !== 0) return `${describeNode(node)} reads "${tensor}" too`;
      const reader = found.get(node.output[0]!);
      if (reader === undefined) {
        const scaling = channelScaling(model, node, rank);
        if (!scaling.commutes) return scaling.reason;
        open.push({ tensor: node.output[0]!, rank: scaling.rank });
        continue;
      }
      const why = whyUnwilling(reader, willing, channels, rank);
      if (why !== null) return why;
      readers.add(node.output[0]!);
    }
  }
  return [...found.values()].filter((l) => l.supported).filter((l) => readers.has(l.outputTensor));
}

function whyUnwilling(
  reader: FoundLayer,
  willing: ReadonlySet<string>,
  channels: number,
  rank: number | null,
): string | null {
  const name = `${reader.op} "${reader.name}"`;
  if (!reader.supported || !willing.has(reader.outputTensor)) return `${name} reads the tensor too and is not smoothed`;
  if (reader.op === 'MatMul' && rank !== 2) return `${name} has its channels on the last axis`;
  if (reader.inputChannels === channels) return null;
  return `${name} reads ${reader.inputChannels} channels, of the ${channels} of the tensor's producer`;
}
