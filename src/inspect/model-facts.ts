import type { LayerFacts, ModelFacts, InputFacts, StatedShape } from '../guess/model-facts.js';
import { countParameters } from '../onnx/count-parameters.js';
import { outlineGraph } from '../onnx/graph-outline.js';
import { layerParameters } from '../onnx/layers/layer-cost.js';
import { inputChannelAxes } from '../onnx/layers/input-channel-axes.js';
import type { FoundLayer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { ValueInfoProto } from '../onnx/proto/onnx_pb.js';
import { dataTypeName } from '../onnx/tensor.js';
import { statedType } from '../onnx/types/element-types.js';
import { defaultLayers } from '../experiment/sections/layers.js';
import { floatLayers } from '../quantize/select-layers.js';

/** Nodes behind an input that are looked at for arithmetic that prepares pictures. */
const MOST_FIRST = 8;

/** A model's file as an experiment would run it, in its forms. */
export interface OpenedModel {
  readonly path: string;
  readonly sizeBytes: number;
  /** As the file has it, in its own types. */
  readonly stored: OnnxModel;
  readonly storedTypes: readonly string[];
  readonly folded: OnnxModel;
  readonly layers: readonly FoundLayer[];
}

/** What a file says, without running it. */
export function modelFacts({ path, sizeBytes, stored, storedTypes, folded, layers }: OpenedModel): ModelFacts {
  const { proto, graph, index } = stored;
  const operators = new Map<string, number>();
  const float = floatReasons(layers);
  for (const { op } of outlineGraph(folded, layers).nodes) {
    if (op !== 'Input' && op !== 'Output') operators.set(op, (operators.get(op) ?? 0) + 1);
  }
  return {
    ...{ path, sizeBytes, opset: stored.opset, storedTypes, operators },
    producer: [proto.producerName, proto.producerVersion].filter((text) => text !== '').join(' '),
    metadata: Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value])),
    parameters: countParameters(folded),
    inputs: graph.input.filter(({ name }) => index.inputs.includes(name)).map((input) => inputFacts(folded, input)),
    outputs: graph.output.map((output) => ({
      ...{ name: output.name, type: typeName(output), shape: shapeOf(output) },
      maker: index.producers.get(output.name)?.opType ?? '',
    })),
    layers: layers.map((layer) => layerFacts(folded, layer, float.get(layer) ?? null)),
  };
}

function inputFacts(model: OnnxModel, input: ValueInfoProto): InputFacts {
  const shape = shapeOf(input);
  return {
    ...{ name: input.name, type: typeName(input), shape },
    channelAxes: inputChannelAxes(model, input.name, shape?.length ?? 4),
    firstOperators: firstOperators(model, input.name),
  };
}

function typeName(value: ValueInfoProto): string {
  if (value.type !== undefined && value.type.tensorType === undefined) return 'no tensor';
  const type = statedType(value);
  return type === 0 ? 'unknown' : dataTypeName(type);
}

function shapeOf({ type }: ValueInfoProto): StatedShape {
  const dims = type?.tensorType?.shape?.dim;
  return (
    dims?.map(({ value }) => {
      if (value.case === 'dimValue') return value.value > 0n ? Number(value.value) : null;
      return value.case === 'dimParam' && value.value !== '' ? value.value : null;
    }) ?? null
  );
}

/** Operators from the input to the first that mixes channels, where one reads the other alone. */
function firstOperators(model: OnnxModel, input: string): readonly string[] {
  const operators: string[] = [];
  let tensor = input;
  while (operators.length < MOST_FIRST) {
    const [reader, second] = model.index.consumers.get(tensor) ?? [];
    if (reader === undefined || second !== undefined) break;
    operators.push(reader.node.opType);
    if (/Conv|MatMul|Gemm/.test(reader.node.opType)) break;
    tensor = reader.node.output[0] ?? '';
  }
  return operators;
}

/** Layers with the reason why they stay float by default settings. */
function floatReasons(layers: readonly FoundLayer[]): ReadonlyMap<FoundLayer, string> {
  const isAny = layers.some((layer) => layer.supported && defaultLayers.ops.includes(layer.op));
  if (isAny) return new Map(floatLayers(layers, defaultLayers).map(({ layer, reason }) => [layer, reason]));
  return new Map(
    layers.map((layer) => [layer, layer.supported ? `layers.ops has no ${layer.op} by default` : layer.reason]),
  );
}

function layerFacts(model: OnnxModel, layer: FoundLayer, float: string | null): LayerFacts {
  const { name, op } = layer;
  return {
    ...{ name, op, float },
    weightShape: layer.supported ? layer.weightShape : [],
    parameters: layer.supported ? layerParameters(model, layer) : null,
  };
}
