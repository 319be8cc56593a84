import { dependsOnSamples } from './constants.js';
import { capturedTensors } from './graph-index.js';
import type { OnnxModel } from './onnx-model.js';
import type { NodeProto } from './proto/onnx_pb.js';

/** Operators whose result is as long as what they find in their input. */
const FINDING =
  /^(?:NonZero|NonMaxSuppression|Unique|Compress|If|Loop|Scan|SequenceAt|ConcatFromSequence|BatchedNMS.*|EfficientNMS.*)$/;

/** Operators whose inputs behind the first may say how long their result is. */
const SIZED = /^(?:Reshape|Expand|Slice|Tile|TopK|Pad|Resize|Upsample|Split|OneHot|ConstantOfShape|Range)$/;

/**
 * Whether the size of a tensor may hang on the numbers that are fed, as behind NonMaxSuppression:
 * false where it follows from the sizes of the inputs alone.
 */
export function mayVaryInSize(model: OnnxModel, name: string): boolean {
  const seen = new Set<NodeProto>();
  const open = [name];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    const node = model.index.producers.get(tensor);
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    if (FINDING.test(node.opType) || isSizedBySamples(model, node)) return true;
    for (const input of [...node.input, ...capturedTensors(node)]) open.push(input);
  }
  return false;
}

function isSizedBySamples(model: OnnxModel, node: NodeProto): boolean {
  if (!SIZED.test(node.opType)) return false;
  const sizes = /^(?:ConstantOfShape|Range)$/.test(node.opType) ? node.input : node.input.slice(1);
  return sizes.some((size) => size !== '' && dependsOnSamples(model, size, new Set()));
}
