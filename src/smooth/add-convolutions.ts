import { applyEdits } from '../onnx/edits/edits.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import type { Layer } from '../onnx/layers/layers.js';
import { intAttribute, intsAttribute, makeNode } from '../onnx/node.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { SmoothingConvolution } from './smoothed-model.js';

/** A model in which convolutions divide inputs of layers. */
export interface Convolved {
  readonly base: OnnxModel;
  /** What such a layer reads in it, by layer name. */
  readonly inputTensors: ReadonlyMap<string, string>;
  readonly convolutions: readonly SmoothingConvolution[];
}

/**
 * Puts a depthwise 1x1 convolution with the weight 1/s in front of layers, on the integers that the
 * layer would have read. Layers that read one tensor with the same s share it.
 *
 * @param inputs layer name -> `[I]`, of layers with inputs `[N, I, H, W]`
 */
export function addConvolutions(
  model: OnnxModel,
  layers: readonly Layer[],
  inputs: ReadonlyMap<string, Float32Array>,
): Convolved {
  const patch = new GraphPatch(model);
  const inputTensors = new Map<string, string>();
  const convolutions: SmoothingConvolution[] = [];
  for (const { name, inputTensor, outputTensor } of layers) {
    const s = inputs.get(name);
    if (s === undefined) continue;
    let own = convolutions.find((c) => c.input === inputTensor && c.s.every((factor, i) => factor === s[i]));
    if (own === undefined) {
      own = { layer: name, input: inputTensor, output: `${patch.prefix}smoothed/${outputTensor}`, s };
      convolutions.push(own);
      const weight = patch.floats(
        `${own.output}/weight`,
        [s.length, 1, 1, 1],
        s.map((factor) => 1 / factor),
      );
      const attributes = [intAttribute('group', s.length), intsAttribute('kernel_shape', [1, 1])];
      patch.node(makeNode('Conv', [inputTensor, weight], own.output, attributes));
    }
    inputTensors.set(name, own.output);
    patch.edit({ kind: 'setInput', node: outputTensor, index: 0, tensor: own.output });
  }
  return { base: convolutions.length === 0 ? model : applyEdits(model, patch.edits), inputTensors, convolutions };
}
