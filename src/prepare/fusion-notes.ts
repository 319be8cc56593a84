import { basename } from 'node:path';
import type { Settings } from '../experiment/sections/settings.js';
import { describeNode } from '../onnx/graph-index.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { canonicalSmoothing } from '../smooth/canonical-smoothing.js';
import { predictFusion } from '../quantize/graph/default-fusion.js';

/** Names that a line lists. */
const LISTED = 8;

/**
 * What onnxruntime's default options would change in a model that brings QuantizeLinear and
 * DequantizeLinear of its own, with some of its layers quantized: lines for people, none where the
 * model brings none or nothing would change.
 *
 * @param model with BatchNormalization folded
 * @param selected the layers that are quantized, but for those that `layers.keepFloat` will leave
 *   out
 */
export function fusionNotes(
  path: string,
  model: OnnxModel,
  selected: readonly Layer[],
  { smoothing, layers, quantization: { execution } }: Settings,
): readonly string[] {
  if (!model.graph.node.some(({ opType }) => opType === 'DequantizeLinear')) return [];
  const isSmoothed = canonicalSmoothing(smoothing).apply === 'insert';
  const { weights, weightsOfMatrices, biases, merged } = predictFusion(
    model,
    new Map(selected.map(({ outputTensor }) => [outputTensor, { isSmoothed }])),
  );
  const changes = [
    ...described(model, weights, 'quantizes the float weights of'),
    ...described(model, weightsOfMatrices, 'quantizes, where the input is a matrix, the float weights of'),
    ...described(model, biases, 'rounds to int32 the biases of'),
    ...described(model, merged, "makes one of the quantizer of the model's own and that in front of"),
  ];
  const mayStayFloat = layers.keepFloat !== 0 || layers.sensitivity !== 'none';
  if (mayStayFloat && execution === 'integer' && predictFusion(model).weights.length > weights.length) {
    changes.push(
      'quantizes those that layers.keepFloat or layers.sensitivity leave in float, where they stand between',
    );
  }
  if (changes.length === 0) return [];
  const kept = [
    weights.length + weightsOfMatrices.length > 0 ? 'weights' : '',
    merged.length > 0 ? 'quantizers' : '',
  ].filter((part) => part !== '');
  const consequence =
    execution === 'integer'
      ? 'trials of execution: integer measure that'
      : kept.length === 0
        ? 'the exported model is subject to it'
        : `exported models of simulated trials keep the ${kept.join(' and ')} as they were simulated${biases.length > 0 ? ', not the biases' : ''}`;
  return [
    `${basename(path)}: it brings QuantizeLinear and DequantizeLinear of its own. FP32 and simulated trials run it as it is written; onnxruntime by default ${changes.join(', ')}: ${consequence}`,
  ];
}

function described(model: OnnxModel, outputs: readonly string[], what: string): readonly string[] {
  if (outputs.length === 0) return [];
  const names = outputs.slice(0, LISTED).map((output) => describeNode(model.index.producers.get(output)!));
  const more = outputs.length > LISTED ? ` and ${outputs.length - LISTED} more` : '';
  return [`${what} ${names.join(', ')}${more}`];
}
