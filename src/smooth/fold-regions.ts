import { findFoldRegion, type FoldRegion } from '../onnx/folding/fold-region.js';
import { findLayers, type FoundLayer, type Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';

export interface FoldRegions {
  readonly regions: readonly FoldRegion[];
  /** Of the layers in no region: why, by name. */
  readonly reasons: ReadonlyMap<string, string>;
}

/**
 * Where the smoothing of the given layers can move into the producers of their inputs exactly. A
 * region is there whole or not at all: as soon as one reader of a tensor is none of the layers, all
 * readers fall back.
 */
export function findFoldRegions(model: OnnxModel, layers: readonly Layer[]): FoldRegions {
  const found = new Map<string, FoundLayer>();
  for (const layer of findLayers(model)) {
    if (!found.has(layer.outputTensor)) found.set(layer.outputTensor, layer);
  }
  const willing = new Set(layers.map((layer) => layer.outputTensor));
  const regions = new Map<string, FoldRegion>();
  const reasons = new Map<string, string>();
  for (const layer of layers) {
    const region = findFoldRegion(model, found, willing, layer);
    if (typeof region === 'string') reasons.set(layer.name, region);
    else regions.set(region.producer.node.output[0]!, region);
  }
  return { regions: [...regions.values()], reasons };
}
