import type { Layer } from '../../onnx/layers/layers.js';
import { attributeText, readIntsAttribute } from '../../onnx/node.js';
import type { AttributeProto, NodeProto } from '../../onnx/proto/onnx_pb.js';

/** Zeros before and behind one axis. */
export interface AxisPads {
  readonly before: number;
  readonly behind: number;
}

/** Which numbers of its input one output of a layer reads. Layers may share one. */
export interface LayerReading {
  /**
   * `matrix`: rows of channels. `convolution`: windows. `transposed`: windows of the input with
   * zeros put between its numbers.
   */
  readonly kind: 'matrix' | 'convolution' | 'transposed';
  readonly groups: number;
  readonly channelsPerGroup: number;
  /** Of the window, `[]` of a matrix. */
  readonly kernel: readonly number[];
  readonly dilations: readonly number[];
  /** Those of the node but for `group`: how an operator finds the windows. */
  readonly attributes: readonly AttributeProto[];
  readonly strides: readonly number[];
  /** Null where the padding depends on the size of the input, and of what is no convolution. */
  readonly pads: readonly AxisPads[] | null;
  /** Axis of the channels: 1, or the last of a matrix of any rank. */
  readonly channelAxis: 1 | 'last';
  /** Dimensions of the input; null: any. */
  readonly rank: number | null;
  /** Equal where readings are. */
  readonly id: string;
}

export function layerReading(layer: Layer, node: NodeProto): LayerReading {
  const { layout, inputRank } = layer;
  const own = { groups: layout.groups, channelsPerGroup: layout.inputsPerGroup };
  if (layer.op === 'Gemm' || layer.op === 'MatMul') {
    const id = `matrix ${own.channelsPerGroup} ${inputRank}`;
    const plain = { kernel: [], dilations: [], strides: [], attributes: [], pads: null };
    return { kind: 'matrix', ...own, ...plain, channelAxis: 'last', rank: inputRank, id };
  }
  const kernel = layer.weightShape.slice(2);
  const dilations = readIntsAttribute(node, 'dilations') ?? kernel.map(() => 1);
  const strides = readIntsAttribute(node, 'strides') ?? kernel.map(() => 1);
  const attributes = node.attribute.filter(({ name }) => name !== 'group');
  const id = [layer.op, own.groups, own.channelsPerGroup, kernel, ...attributes.map(attributeText).sort()].join(' ');
  return {
    kind: layer.op === 'Conv' ? 'convolution' : 'transposed',
    ...own,
    kernel,
    dilations,
    strides,
    attributes,
    pads: layer.op === 'Conv' ? knownPads(node, kernel, dilations, strides) : null,
    channelAxis: 1,
    rank: inputRank,
    id,
  };
}

function knownPads(
  node: NodeProto,
  kernel: readonly number[],
  dilations: readonly number[],
  strides: readonly number[],
): readonly AxisPads[] | null {
  const text = node.attribute.find(({ name }) => name === 'auto_pad')?.s;
  const autoPad = text === undefined ? 'NOTSET' : Buffer.from(text).toString();
  if (autoPad.startsWith('SAME') && strides.some((stride) => stride !== 1)) return null;
  const pads = readIntsAttribute(node, 'pads') ?? [];
  return kernel.map((size, axis) => {
    const reach = (size - 1) * dilations[axis]!;
    switch (autoPad) {
      case 'SAME_UPPER':
        return { before: Math.floor(reach / 2), behind: Math.ceil(reach / 2) };
      case 'SAME_LOWER':
        return { before: Math.ceil(reach / 2), behind: Math.floor(reach / 2) };
      case 'VALID':
        return { before: 0, behind: 0 };
      default:
        return { before: pads[axis] ?? 0, behind: pads[axis + kernel.length] ?? 0 };
    }
  });
}
