import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { floatAttribute, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { predictFusion } from './default-fusion.js';

/** The largest float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** From this opset on Clip takes its bounds as inputs. */
const CLIP_INPUTS_OPSET = 11;

/**
 * The model with a Clip to all of float32, which changes no number, wherever onnxruntime would by
 * default quantize the weight of a layer that is float in it, or make one pair of two pairs of
 * QuantizeLinear and DequantizeLinear: the runtime looks for these operators side by side. What is
 * quantized in the model is left as it is, so that integer kernels are made of it.
 */
export function keepSimulated(model: OnnxModel): OnnxModel {
  const { weights, weightsOfMatrices, merged } = predictFusion(model);
  const kept = [...weights, ...weightsOfMatrices, ...merged];
  if (kept.length === 0) return model;
  const patch = new GraphPatch(model);
  for (const [number, node] of kept.entries()) {
    const input = model.index.producers.get(node)!.input[0]!;
    patch.edit({ kind: 'setInput', node, index: 0, tensor: addClip(patch, model, input, number) });
  }
  return applyEdits(model, patch.edits);
}

function addClip(patch: GraphPatch, { opset }: OnnxModel, input: string, number: number): string {
  const output = `${patch.prefix}kept/${number}`;
  if (opset < CLIP_INPUTS_OPSET) {
    const bounds = [floatAttribute('min', -LARGEST), floatAttribute('max', LARGEST)];
    patch.node(makeNode('Clip', [input], output, bounds));
    return output;
  }
  const bounds = [-LARGEST, LARGEST].map((bound, index) =>
    patch.floats(`${patch.prefix}kept/${index === 0 ? 'low' : 'high'}`, [], Float32Array.of(bound)),
  );
  return patch.apply('Clip', [input, ...bounds], output);
}
