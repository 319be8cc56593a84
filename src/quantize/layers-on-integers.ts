import type { Layer } from '../onnx/layers/layers.js';
import { ModelError } from '../onnx/model-error.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { placeQuantizers } from '../targets/place-quantizers.js';
import { targets } from '../targets/registry.js';
import type { PlacedPreparation } from './place-model.js';

/**
 * Those of the layers that the target computes on integers: others have no quantized form there, so
 * that they are neither quantized nor smoothed.
 *
 * @throws ModelError where none is left
 */
export function layersOnIntegers(
  folded: OnnxModel,
  layers: readonly Layer[],
  { target, others }: Pick<PlacedPreparation, 'target' | 'others'>,
): readonly Layer[] {
  const wanted = { layers: new Set(layers.map(({ outputTensor }) => outputTensor)), others };
  const { nodes } = placeQuantizers(folded, targets[target], wanted);
  const inFloat = new Map(nodes.filter(({ runs }) => runs === 'float').map((node) => [node.node, node]));
  const onIntegers = layers.filter(({ outputTensor }) => !inFloat.has(outputTensor));
  if (onIntegers.length > 0) return onIntegers;
  const [first] = layers;
  const why = inFloat.get(first?.outputTensor ?? '')?.reason ?? null;
  throw new ModelError(
    `Expected at least one layer that target ${target} runs on integers, got none of ${layers.length}${why === null ? '' : `: ${first!.op} "${first!.name}" ${why}`}.`,
  );
}
