import type { Channels } from './channels.js';
import { ChannelClasses } from './channel-classes.js';
import { carriedInputs, carriedOutputs, followChannels } from './follow-channels.js';
import type { ScaledConstant } from './followed-node.js';
import { batchNormProducer, layerProducer, sharedConstant, type Producer } from './fold-region.js';
import { describeNode, firstOutput } from '../graph-index.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import type { FoundLayer, Layer } from '../layers/layers.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';

/** Channels of something, each with the number of its class in the region. */
interface WithClasses {
  readonly classes: Int32Array;
}

/**
 * Tensors whose channels can be divided by positive factors all at once without changing what the
 * model computes: everything that is connected through operators that commute with scaling
 * channels, residual additions and concatenations included. Channels that such an operator joins
 * are of one class, and have one factor.
 *
 * The producers divide their outputs, the readers multiply their input channels, constants that are
 * added or appended are divided.
 */
export interface ScalingRegion {
  readonly producers: readonly (Producer & WithClasses)[];
  /** All layers that read one of the tensors, in graph order. `classes`: `[I]`. */
  readonly readers: readonly ({ readonly layer: Layer } & WithClasses)[];
  /** `classes`: of its channels, along {@link ScaledConstant.axis}. */
  readonly constants: readonly (ScaledConstant & WithClasses)[];
  /** Every tensor of the region, in graph order, with the class of each channel. */
  readonly tensors: ReadonlyMap<string, Channels & WithClasses>;
  /** Number of classes. */
  readonly classes: number;
}

/** Why a layer can't divide its outputs, in a short sentence; null where it can. */
export type RefuseProducer = (layer: Layer) => string | null;

/**
 * The region that a tensor is in, or a short sentence that says why its channels can't be divided
 * exactly. It is there whole or not at all.
 *
 * @param nodes of the model, sorted
 * @param found all layers of the model by output tensor
 */
export function findScalingRegion(
  model: OnnxModel,
  nodes: readonly NodeProto[],
  found: ReadonlyMap<string, FoundLayer>,
  tensor: string,
  refuse: RefuseProducer = () => null,
): { readonly tensors: ReadonlySet<string>; readonly region: ScalingRegion | string } {
  const reached = reach(model, found, tensor, refuse);
  const region = reached.reason ?? connect(model, nodes, found, reached);
  return { tensors: reached.tensors, region };
}

interface Reached {
  readonly tensors: ReadonlySet<string>;
  /** Producers and the nodes between, by first output. */
  readonly producers: ReadonlyMap<string, Producer>;
  readonly passed: ReadonlySet<string>;
  readonly readers: ReadonlySet<string>;
  /** Why the region can't be scaled: the first obstacle on the way from the tensor. */
  readonly reason: string | null;
}

/** Everything connected to a tensor, also where an obstacle is: that is one for all. */
function reach(
  model: OnnxModel,
  found: ReadonlyMap<string, FoundLayer>,
  start: string,
  refuseLayer: RefuseProducer,
): Reached {
  const tensors = new Set<string>([start]);
  const producers = new Map<string, Producer>();
  const passed = new Set<string>();
  const readers = new Set<string>();
  let reason: string | null = null;
  const refuse = (why: string): void => {
    reason ??= why;
  };
  const pass = (node: NodeProto): void => {
    if (passed.has(firstOutput(node))) return;
    const carried = carriedInputs(model, node);
    if (typeof carried === 'string') {
      refuse(carried);
      return;
    }
    passed.add(firstOutput(node));
    for (const index of carried) tensors.add(node.input[index]!);
    for (const output of carriedOutputs(node)) tensors.add(output);
  };
  // A set hands out what is added to it while it is gone through.
  for (const tensor of tensors) {
    if (model.index.outputs.has(tensor)) refuse(`"${tensor}" is an output of the model`);
    const node = model.index.producers.get(tensor);
    const own = found.get(tensor);
    if (node === undefined) {
      refuse(`"${tensor}" is ${model.index.inputs.includes(tensor) ? 'an input of the model' : 'made by no operator'}`);
    } else if (own !== undefined || node.opType === 'BatchNormalization') {
      const producer = own === undefined ? batchNormProducer(model, node) : producingLayer(model, node, own);
      if (typeof producer === 'string') refuse(producer);
      else if (producer.layer !== null && refuseLayer(producer.layer) !== null) refuse(refuseLayer(producer.layer)!);
      else if (node.output[0] === tensor) producers.set(tensor, producer);
      else refuse(`"${tensor}" is not the first output of ${describeNode(node)}`);
    } else if (node.output[0] === tensor || carriedOutputs(node).includes(tensor)) pass(node);
    else refuse(`"${tensor}" is not the first output of ${describeNode(node)}`);
    for (const { node: reader, index } of model.index.consumers.get(tensor) ?? []) {
      if (isDefaultDomain(reader) && (reader.opType === 'Shape' || reader.opType === 'Size')) continue;
      const layer = found.get(reader.output[0]!);
      if (layer !== undefined && index === 0) {
        if (layer.supported) readers.add(layer.outputTensor);
        else refuse(`${layer.op} "${layer.name}" reads "${tensor}" and can't take it: ${layer.reason}`);
      } else if (layer !== undefined || index < 0) refuse(`${describeNode(reader)} reads "${tensor}" too`);
      else {
        const carried = carriedInputs(model, reader);
        if (typeof carried !== 'string' && !carried.includes(index))
          refuse(`${describeNode(reader)} reads "${tensor}" too`);
        pass(reader);
      }
    }
  }
  return { tensors, producers, passed, readers, reason };
}

function producingLayer(model: OnnxModel, node: NodeProto, layer: FoundLayer): Producer | string {
  if (layer.supported) {
    const { groups, outputsPerGroup, order } = layer.layout;
    // The scales of its integers would be one for each of groups x outputs, which no axis holds.
    if (order === 'inputFirst' && groups > 1 && outputsPerGroup > 1) {
      return `${layer.op} "${layer.name}" has groups, whose weight has no axis of output channels`;
    }
    if (layer.biasIndex === null) {
      return sharedConstant(model, node, [1]) ?? { node, channels: layer.outputChannels, layer };
    }
  }
  return layerProducer(model, node, layer);
}

/** Follows the channels of the producers through the region to its readers. */
function connect(
  model: OnnxModel,
  nodes: readonly NodeProto[],
  found: ReadonlyMap<string, FoundLayer>,
  { tensors, producers, passed, readers }: Reached,
): ScalingRegion | string {
  const classes = new ChannelClasses();
  const known = new Map<string, Channels & { readonly first: number }>();
  const add = (tensor: string, channels: Channels): void => {
    known.set(tensor, { ...channels, first: classes.add(channels.count) });
  };
  const constants: ScaledConstant[] = [];
  const count = (tensor: string): number | null => countForReaders(model, found, tensor);
  for (const node of nodes) {
    const name = firstOutput(node);
    const producer = producers.get(name);
    if (producer !== undefined) add(name, madeBy(producer));
    if (!passed.has(name)) continue;
    const inputs = new Map(
      node.input.flatMap((tensor, index) => {
        const channels = tensors.has(tensor) ? known.get(tensor) : undefined;
        return channels === undefined ? [] : [[index, channels] as const];
      }),
    );
    const followed = followChannels(model, node, inputs, count);
    if (typeof followed === 'string') return followed;
    for (const [output, channels] of followed.outputs.entries()) {
      if (channels !== null) add(node.output[output]!, channels);
    }
    for (const { input, output, channels } of followed.links) {
      const [from, to] = [inputs.get(input)!.first, known.get(node.output[output]!)!.first];
      for (const [channel, own] of channels.entries()) if (own >= 0) classes.join(to + channel, from + own);
    }
    constants.push(...followed.constants);
  }
  const reading = [...found.values()].flatMap((layer) =>
    layer.supported && readers.has(layer.outputTensor) ? [layer] : [],
  );
  for (const layer of reading) {
    const why = whyUnread(layer, known.get(layer.inputTensor)!);
    if (why !== null) return why;
  }
  const numbered = classes.number();
  const classesOf = (tensor: string, from = 0, length = known.get(tensor)!.count - from): Int32Array => {
    const { first } = known.get(tensor)!;
    return numbered.of.slice(first + from, first + from + length);
  };
  return {
    producers: [...producers.values()].map((p) => ({ ...p, classes: classesOf(p.node.output[0]!) })),
    readers: reading.map((layer) => ({ layer, classes: classesOf(layer.inputTensor) })),
    constants: constants.map((c) => ({ ...c, classes: classesOf(c.node.output[0]!, c.first, c.dims[c.axis]) })),
    tensors: new Map([...known].map(([tensor, channels]) => [tensor, { ...channels, classes: classesOf(tensor) }])),
    classes: numbered.count,
  };
}

function madeBy({ layer, channels: count }: Producer): Channels {
  if (layer === null) return { count, axis: 1, trailing: null, positions: null };
  if (layer.inputRank === null) return { count, axis: null, trailing: 0, positions: null };
  const trailing = layer.inputRank - 2;
  return { count, axis: 1, trailing, positions: trailing === 0 ? 1 : null };
}

function whyUnread(layer: Layer, channels: Channels): string | null {
  const name = `${layer.op} "${layer.name}"`;
  const axis = layer.inputRank === null ? channels.trailing === 0 : channels.axis === 1;
  const trailing = layer.inputRank === null ? 0 : layer.inputRank - 2;
  if (!axis || (channels.trailing !== null && channels.trailing !== trailing))
    return `${name} has its channels on another axis`;
  if (layer.inputChannels === channels.count) return null;
  return `${name} reads ${layer.inputChannels} channels, of the ${channels.count} of the tensor's producer`;
}

/** Operators behind which a tensor has the same channels. */
const SAME_CHANNELS: ReadonlySet<string> = new Set(['Relu', 'LeakyRelu', 'Identity', 'Dropout', 'Clip', 'PRelu']);

/** Channels of a matrix, as the first layer behind it tells. */
function countForReaders(model: OnnxModel, found: ReadonlyMap<string, FoundLayer>, tensor: string): number | null {
  const open = [tensor];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { node, index } of model.index.consumers.get(next) ?? []) {
      if (index !== 0) continue;
      const layer = found.get(node.output[0]!);
      if (layer?.supported === true) return layer.inputChannels;
      if (layer === undefined && SAME_CHANNELS.has(node.opType)) open.push(node.output[0]!);
    }
  }
  return null;
}
