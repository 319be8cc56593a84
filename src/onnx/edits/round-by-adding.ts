import { applyEdits } from './edits.js';
import { GraphPatch, ROUNDING } from './graph-patch.js';
import { firstOutput } from '../graph-index.js';
import { makeNode } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../tensor.js';

/** Below this magnitude adding and subtracting 1.5 * 2^23 rounds a float32 exactly. */
const LARGEST = 2 ** 22;

/**
 * The model with each `Clip(Round(x), low, high)` written as `Clip(x, low, high) + c - c`, c = 1.5
 * * 2^23, for providers without a kernel for Round, where each would be two copies between device
 * and CPU. Clipping to whole numbers first gives the same as rounding first, and what is left is
 * small enough for the addition to round half to even, exactly where float32 additions are rounded
 * as IEEE 754 says. Other Rounds stay: their numbers may be of any size.
 */
export function roundByAdding(model: OnnxModel): OnnxModel {
  const patch = new GraphPatch(model);
  for (const round of model.graph.node) {
    const clip = round.opType === 'Round' && round.domain === '' ? clipBehind(model, firstOutput(round)) : null;
    if (clip === null) continue;
    const output = firstOutput(clip);
    patch.edit({ kind: 'removeNode', node: firstOutput(round) });
    patch.edit({ kind: 'removeNode', node: output });
    const clipped = `${output}/clip`;
    patch.node(makeNode('Clip', [round.input[0]!, ...clip.input.slice(1)], clipped));
    const shifted = patch.apply('Add', [clipped, patch.scalar(ROUNDING)], `${output}/shift`);
    patch.apply('Sub', [shifted, patch.scalar(ROUNDING)], output);
  }
  return patch.edits.length === 0 ? model : applyEdits(model, patch.edits);
}

/**
 * The only reader of a tensor where that is a Clip to whole float32 numbers below {@link LARGEST};
 * else null.
 */
function clipBehind({ index }: OnnxModel, tensor: string): NodeProto | null {
  const [reader, ...others] = index.consumers.get(tensor) ?? [];
  if (reader === undefined || others.length > 0 || reader.index !== 0 || index.outputs.has(tensor)) return null;
  const { node } = reader;
  const bounds = node.input.slice(1).map((name) => index.initializers.get(name));
  const areWhole = bounds.every((bound) => {
    if (bound?.dataType !== FLOAT32) return false;
    const [value, ...more] = readFloatTensor(bound);
    return more.length === 0 && Number.isInteger(value) && Math.abs(value!) < LARGEST;
  });
  return node.opType === 'Clip' && bounds.length === 2 && areWhole ? node : null;
}
