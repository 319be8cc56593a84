import type { Layer } from '../../../onnx/layers/layers.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import type { PlacedLayer } from './propose-sets.js';

/**
 * Which layers lie next to each other, with nothing but other operators between.
 *
 * @param layers of the model, in graph order
 */
export function layerGraph({ index }: OnnxModel, layers: readonly Layer[]): readonly PlacedLayer[] {
  const byOutput = new Map(layers.map(({ name, outputTensor }) => [outputTensor, name]));
  const neighbours = new Map(layers.map(({ name }) => [name, new Set<string>()]));
  const ends = new Set<string>();
  const inputs = new Set(index.inputs);
  /** Layers that a tensor is made of, and whether an input of the model is among that. */
  const sourcesOf = (tensor: string): ReadonlySet<string> => {
    const found = new Set<string>();
    const seen = new Set<string>();
    const open = [tensor];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const layer = byOutput.get(next);
      if (layer !== undefined) found.add(layer);
      else if (inputs.has(next)) found.add(INPUT);
      else open.push(...(index.producers.get(next)?.input ?? []));
    }
    return found;
  };
  for (const { name, inputTensor } of layers) {
    for (const source of sourcesOf(inputTensor)) {
      if (source === INPUT) ends.add(name);
      else {
        neighbours.get(name)!.add(source);
        neighbours.get(source)!.add(name);
      }
    }
  }
  for (const output of index.outputs) for (const source of sourcesOf(output)) ends.add(source);
  return layers.map(({ name }) => ({ name, neighbours: [...neighbours.get(name)!], isEnd: ends.has(name) }));
}

/** No layer has an empty name. */
const INPUT = '';
