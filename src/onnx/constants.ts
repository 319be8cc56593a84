import { capturedTensors } from './graph-index.js';
import { readIntsAttribute } from './node.js';
import type { OnnxModel } from './onnx-model.js';
import type { NodeProto, TensorProto } from './proto/onnx_pb.js';
import { FLOAT32, floatTensor, readFloatTensor, tensorShape } from './tensor.js';

/**
 * The constant behind a tensor name: an initializer, the value of a Constant node, or either seen
 * through Identity nodes (as exporters write shared weights) and, for float32 matrices, Transpose
 * (as they write Linear layers). Null when the tensor is computed otherwise.
 */
export function constantTensor(model: OnnxModel, name: string): TensorProto | null {
  // Back from the name to what is constant, then forth again through the transpositions in between.
  const transpositions: { readonly node: NodeProto; readonly name: string }[] = [];
  let tensor: TensorProto | null = null;
  for (let place = name; tensor === null;) {
    const initializer = model.index.initializers.get(place);
    const producer = model.index.producers.get(place);
    if (initializer !== undefined) {
      tensor = initializer;
    } else if (producer?.opType === 'Constant') {
      tensor = constantValue(producer, place);
      if (tensor === null) return null;
    } else if (producer?.opType === 'Identity' || producer?.opType === 'Transpose') {
      if (producer.opType === 'Transpose') transpositions.push({ node: producer, name: place });
      place = producer.input[0] ?? '';
    } else {
      return null;
    }
  }
  for (const { node, name: output } of transpositions.reverse()) {
    tensor = transposed(tensor, node, output);
    if (tensor === null) return null;
  }
  return tensor;
}

function constantValue(node: NodeProto, name: string): TensorProto | null {
  for (const { name: kind, t, f, floats } of node.attribute) {
    if (kind === 'value') return t ?? null;
    if (kind === 'value_float') return floatTensor(name, [], Float32Array.of(f));
    if (kind === 'value_floats') return floatTensor(name, [floats.length], Float32Array.from(floats));
  }
  return null;
}

function transposed(tensor: TensorProto, node: NodeProto, name: string): TensorProto | null {
  const shape = tensorShape(tensor);
  const permutation = readIntsAttribute(node, 'perm') ?? [1, 0];
  if (tensor.dataType !== FLOAT32 || shape.length !== 2 || permutation.join() !== '1,0') return null;
  const [rows, columns] = shape as [number, number];
  const values = readFloatTensor(tensor);
  const result = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = values[r * columns + c]!;
  return floatTensor(name, [columns, rows], result);
}

/**
 * Whether a tensor's numbers depend on those of an input that differs from sample to sample. What
 * depends on shapes alone does not.
 *
 * @param constant inputs that get the same in every run
 */
export function dependsOnSamples(model: OnnxModel, name: string, constant: ReadonlySet<string>): boolean {
  const seen = new Set<string>();
  const open = [name];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (tensor === '' || seen.has(tensor) || constant.has(tensor) || model.index.initializers.has(tensor)) continue;
    seen.add(tensor);
    const producer = model.index.producers.get(tensor);
    if (producer === undefined) return true;
    if (producer.opType === 'Shape' || producer.opType === 'Size') continue;
    for (const input of [...producer.input, ...capturedTensors(producer)]) open.push(input);
  }
  return false;
}

/**
 * Whether a tensor depends on what is fed to the graph; false for anything that is made of
 * constants alone.
 */
export function dependsOnInputs(model: OnnxModel, name: string): boolean {
  const seen = new Set<string>();
  const open = [name];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (tensor === '' || seen.has(tensor) || model.index.initializers.has(tensor)) continue;
    seen.add(tensor);
    const producer = model.index.producers.get(tensor);
    if (producer === undefined) return true;
    for (const input of [...producer.input, ...capturedTensors(producer)]) open.push(input);
  }
  return false;
}
