import type { FurtherTensor } from '../../../calibrate/observe-graph.js';
import type { Layer } from '../../../onnx/layers/layers.js';
import { tensorChannels } from '../../../onnx/layers/tensor-channels.js';
import { joinPads, layersWithPads } from '../../../onnx/folding/join-pads.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { findComputedTensors } from '../../../targets/computed-tensors.js';
import { placeQuantizers } from '../../../targets/place-quantizers.js';
import { channelsOfRegions } from '../../../smooth/scaling-regions.js';
import { targets, type PlacingTargetName } from '../../../targets/registry.js';

/**
 * Tensors that any of the targets may quantize in a trial, whichever layers that leaves in float;
 * without the inputs of layers, which are observed anyway.
 *
 * @param folded with BatchNormalization folded
 * @param layers all that can be quantized
 */
export function tensorsOfTargets(
  folded: OnnxModel,
  layers: readonly Layer[],
  names: readonly PlacingTargetName[],
): readonly FurtherTensor[] {
  // Where its targets quantize, layers read what a Pad reads.
  const joined = joinPads(folded);
  const read = layersWithPads(joined, layers);
  const observed = new Set(read.map(({ inputTensor }) => inputTensor));
  // What regions know of channels that are padded, sliced or joined: what divides them does, too.
  const shapes = new Map([...tensorChannels(joined, read), ...channelsOfRegions(joined, read)]);
  const further = new Map<string, FurtherTensor>();
  const computed = findComputedTensors(folded);
  const wanted = { layers: new Set(layers.map(({ outputTensor }) => outputTensor)), others: true };
  for (const name of names) {
    const { quantizers, groups, nodes } = placeQuantizers(joined, targets[name], wanted);
    const tensors = [
      ...quantizers.map(({ tensor }) => tensor),
      ...groups.flatMap((group) => group.observed),
      // A trial that keeps layers in float may quantize behind others, behind operators that pass
      // integers on in this one, and before operators that read a tensor as it is in this one.
      ...nodes
        .filter(({ runs }) => runs !== 'float')
        .map(({ node }) => joined.index.producers.get(node)!)
        .flatMap((node) => [
          ...computed.activations(node).map((index) => node.input[index]!),
          ...node.output.filter((output) => output !== ''),
        ]),
    ];
    for (const tensor of tensors) {
      if (!observed.has(tensor)) further.set(tensor, { tensor, shape: shapes.get(tensor) ?? null });
    }
  }
  return [...further.values()];
}
