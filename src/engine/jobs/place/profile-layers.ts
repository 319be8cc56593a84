import type { Layer } from '../../../onnx/layers/layers.js';
import { firstOutput } from '../../../onnx/graph-index.js';
import type { ModelIo } from '../../../onnx/model-io.js';
import { copyNode } from '../../../onnx/node.js';
import { copyGraph, withGraph, type OnnxModel } from '../../../onnx/onnx-model.js';
import { baseNodeOf } from '../../../quantize/graph/base-node.js';
import { numberOf } from '../../session/default-options.js';
import type { SessionSettings } from '../../session/session.js';
import type { Fed } from '../latency/feed-rows.js';
import { profileOperators } from '../latency/profile-operators.js';
import type { LayerKernel } from './layer-surplus.js';

/** What the runtime adds to the name of a tensor whose maker it moves into blocks of channels. */
const BLOCKED = '_nchwc';

/** What is computed in the same kernel as the layer in front of it. */
const activations: ReadonlySet<string> = new Set(['Relu', 'Clip', 'LeakyRelu', 'Sigmoid', 'Tanh', 'HardSigmoid']);

/**
 * Profiles a model, with the layer that each kernel computes.
 *
 * @param model the base model, or a deployable model of it
 * @param layers of the base model
 */
export async function profileLayers(
  model: OnnxModel,
  layers: readonly Layer[],
  io: ModelIo,
  fed: Fed,
  settings: SessionSettings,
): Promise<readonly LayerKernel[]> {
  const node = model.graph.node.map((own, index) => copyNode(own, { name: `quantsweep node ${index}` }));
  const numbered = withGraph(model, copyGraph(model.graph, { node }));
  const byOutput = new Map(layers.map(({ outputTensor, name }) => [outputTensor, name]));
  const operators = await profileOperators(numbered, io, fed, settings);
  return operators.map(({ node: name, op, kind, durationUs }) => {
    const output = baseOutputOf(model, name);
    const layer = kind === 'conversion' || output === null ? null : layerOf(model, output, byOutput);
    return { layer, op, kind, durationUs };
  });
}

/** The first output in the base model of what a kernel computes; null of what the runtime added. */
function baseOutputOf(model: OnnxModel, name: string): string | null {
  const own = model.graph.node[numberOf({ name }) ?? -1];
  if (own !== undefined) return baseNodeOf(model, own);
  return name.endsWith(BLOCKED) ? name.slice(0, -BLOCKED.length) : null;
}

/** The layer that makes a tensor, by itself or with the activation behind it. */
function layerOf({ index }: OnnxModel, output: string, byOutput: ReadonlyMap<string, string>): string | null {
  const layer = byOutput.get(output);
  if (layer !== undefined) return layer;
  const producer = index.producers.get(output);
  if (producer === undefined || !activations.has(producer.opType)) return null;
  const [before] = producer.input;
  const made = before === undefined ? undefined : index.producers.get(before);
  return made === undefined ? null : (byOutput.get(firstOutput(made)) ?? null);
}
