import type { MeasuredModel } from '../engine/jobs/measure/measure-job.js';
import { layerMacs } from '../onnx/layers/layer-cost.js';
import type { FoundLayer } from '../onnx/layers/layers.js';

/** MACs for one sample by name of the layer; those that are not known are missing. */
export function macsOfLayers(
  layers: readonly FoundLayer[],
  { rows, shapes }: Pick<MeasuredModel, 'rows' | 'shapes'>,
): ReadonlyMap<string, number> {
  const shapeOf = new Map(shapes);
  return new Map(
    layers.flatMap((layer) => {
      const [input, output] = [shapeOf.get(layer.inputTensor), shapeOf.get(layer.outputTensor)];
      if (!layer.supported || input === undefined || output === undefined) return [];
      const macs = layerMacs(layer, { input, output, rows });
      return macs === null ? [] : [[layer.name, macs] as const];
    }),
  );
}
