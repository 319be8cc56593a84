import { findScalingRegion, type RefuseProducer, type ScalingRegion } from '../onnx/folding/scaling-region.js';
import { findLayers, type FoundLayer, type Layer } from '../onnx/layers/layers.js';
import type { TensorChannels } from '../onnx/layers/tensor-channels.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { sortNodes } from '../onnx/sort-nodes.js';

export interface ScalingRegions {
  /** Those that one of the layers reads. */
  readonly regions: readonly ScalingRegion[];
  /** Of the layers in no region: why, by name. */
  readonly reasons: ReadonlyMap<string, string>;
}

/**
 * Where 1/s of the given layers' inputs can move into the producers through everything that
 * commutes with scaling channels. Other layers that read a tensor of a region take s as well: it
 * does not matter to them whether they are quantized.
 *
 * @param refuse why a layer's weight can't have a scale for each output channel
 */
export function findScalingRegions(
  model: OnnxModel,
  layers: readonly Layer[],
  refuse: RefuseProducer = () => null,
): ScalingRegions {
  const found = new Map<string, FoundLayer>();
  for (const layer of findLayers(model)) {
    if (!found.has(layer.outputTensor)) found.set(layer.outputTensor, layer);
  }
  const nodes = sortNodes(model.graph.node);
  const known = new Map<string, ScalingRegion | string>();
  const reasons = new Map<string, string>();
  for (const { name, inputTensor } of layers) {
    let region = known.get(inputTensor);
    if (region === undefined) {
      const connected = findScalingRegion(model, nodes, found, inputTensor, refuse);
      ({ region } = connected);
      for (const tensor of connected.tensors) known.set(tensor, region);
    }
    if (typeof region === 'string') reasons.set(name, region);
  }
  const regions = new Set([...known.values()].filter((region) => typeof region !== 'string'));
  return { regions: [...regions], reasons };
}

/** Channels and rank of the tensors of all regions whose channels lie on axis 1, by name. */
export function channelsOfRegions(model: OnnxModel, layers: readonly Layer[]): ReadonlyMap<string, TensorChannels> {
  const { regions } = findScalingRegions(model, layers);
  return new Map(
    regions.flatMap(({ tensors }) =>
      [...tensors].flatMap(([tensor, { count, axis, trailing }]) =>
        axis === 1 && trailing !== null ? [[tensor, { channels: count, rank: trailing + 2 }] as const] : [],
      ),
    ),
  );
}
