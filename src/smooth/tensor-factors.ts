import { channelScaling } from '../onnx/folding/channel-scaling.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { factorsOf, type Fold, type Moves } from './rescale-model.js';

/**
 * What every tensor between producers and readers is divided by, by name: `[C]`, one factor for
 * each of its channels, of a matrix for each of its columns.
 */
export function tensorFactors(model: OnnxModel, { folds, scalings }: Moves): ReadonlyMap<string, Float32Array> {
  const factors = new Map<string, Float32Array>();
  for (const fold of folds) for (const tensor of foldedTensors(model, fold)) factors.set(tensor, fold.s);
  for (const { region, s } of scalings) {
    for (const [tensor, { classes }] of region.tensors) factors.set(tensor, factorsOf(classes, s));
  }
  return factors;
}

/** The producer's output, and all between it and the readers. */
function foldedTensors(model: OnnxModel, { region }: Fold): ReadonlySet<string> {
  const readers = new Set(region.readers.map(({ outputTensor }) => outputTensor));
  const tensors = new Set([region.producer.node.output[0]!]);
  for (const tensor of tensors) {
    for (const { node } of model.index.consumers.get(tensor) ?? []) {
      if (!readers.has(node.output[0]!) && channelScaling(model, node, null).commutes) tensors.add(node.output[0]!);
    }
  }
  return tensors;
}
