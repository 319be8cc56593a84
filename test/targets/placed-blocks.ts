import type { NodeProto } from '../../src/onnx/proto/onnx_pb.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import type { Placement } from '../../src/targets/placement.js';
import { placeQuantizers } from '../../src/targets/place-quantizers.js';
import { targets, type PlacingTargetName } from '../../src/targets/registry.js';
import { buildModel, layersOf, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';

/** Channels of the tensors of {@link blockModel}: enough for every target to quantize them. */
export const CHANNELS = 16;

/** Initializers that nodes of {@link blockModel} may name. */
export const constants = {
  /** 1x1 convolution of 16 to 16 channels. */
  w: tensor('w', [CHANNELS, CHANNELS, 1, 1], new Array<number>(CHANNELS * CHANNELS).fill(0.1)),
  /** The same of 48 to 16. */
  w3: tensor('w3', [CHANNELS, 3 * CHANNELS, 1, 1], new Array<number>(3 * CHANNELS * CHANNELS).fill(0.1)),
  /** Depthwise 3x3. */
  dw: tensor('dw', [CHANNELS, 1, 3, 3], new Array<number>(CHANNELS * 9).fill(0.1)),
  /** Matrix of 16 rows and 16 columns. */
  m: tensor('m', [CHANNELS, CHANNELS], new Array<number>(CHANNELS * CHANNELS).fill(0.1)),
  zero: tensor('zero', [], [0]),
  one: tensor('one', [], [1]),
  six: tensor('six', [], [6]),
  minusOne: tensor('minusOne', [], [-1]),
  vector: tensor('vector', [CHANNELS], new Array<number>(CHANNELS).fill(0.5)),
  scales: tensor('scales', [4], [1, 1, 2, 2]),
};

/** A model of `x [1, 16, 8, 8]`, with all of {@link constants} that its nodes read. */
export function blockModel(nodes: readonly NodeProto[], spec: Partial<ModelSpec> = {}): OnnxModel {
  const read = new Set(nodes.flatMap(({ input }) => input));
  return buildModel({
    inputs: [value('x', [1, CHANNELS, 8, 8])],
    nodes,
    ...spec,
    initializers: [...Object.values(constants).filter(({ name }) => read.has(name)), ...(spec.initializers ?? [])],
  });
}

export const conv = (input: string, output: string): NodeProto => node('Conv', [input, 'w'], output);

export const relu = (input: string, output: string): NodeProto => node('Relu', [input], output);

export const depthwise = (input: string, output: string): NodeProto =>
  node('Conv', [input, 'dw'], output, [intAttribute('group', CHANNELS), intsAttribute('pads', [1, 1, 1, 1])]);

export const concat = (inputs: readonly string[], output: string): NodeProto =>
  node('Concat', inputs, output, [intAttribute('axis', 1)]);

/** The placement with all layers quantized but those whose outputs are given. */
export function place(model: OnnxModel, target: PlacingTargetName, float: readonly string[] = []): Placement {
  const layers = new Set(layersOf(model).map(({ outputTensor }) => outputTensor));
  for (const output of float) layers.delete(output);
  return placeQuantizers(model, targets[target], { layers, others: true });
}

/** The quantized tensors, those that share a scale joined by `=`: `x a=b c`. */
export function quantizedText({ quantizers, groups }: Placement): string {
  return groups
    .map((_, group) =>
      quantizers
        .filter((quantizer) => quantizer.group === group)
        .map(({ tensor: name }) => name)
        .join('='),
    )
    .join(' ');
}

/** How the node with that first output runs, and why. */
export function runsOf({ nodes }: Placement, output: string): string {
  const found = nodes.find((placed) => placed.node === output);
  if (found === undefined) return 'not there';
  return found.reason === null ? found.runs : `${found.runs}: ${found.reason}`;
}

/** Readers of a tensor's quantizer as `node#index`. */
export function readersText({ quantizers }: Placement, name: string): string {
  const found = quantizers.find((quantizer) => quantizer.tensor === name);
  return found === undefined
    ? 'no quantizer'
    : found.readers.map((reader) => `${reader.node}#${reader.index}`).join(' ');
}
