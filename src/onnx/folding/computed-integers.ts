import { constantIntegers } from '../constant-integers.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { readIntAttribute, readIntsAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import { TensorProto_DataType, type NodeProto } from '../proto/onnx_pb.js';
import { elementCount, tensorShape } from '../tensor.js';
import { constantTensor } from '../constants.js';

/** A small tensor of integers. */
interface Integers {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** Operators between the numbers and the constants that they come from. */
const MOST_DEPTH = 50;
/** Larger tensors are no pads, axes or shapes. */
const MOST_NUMBERS = 256;

/**
 * The numbers of an int64 tensor that is constant or made of constants by the operators with which
 * exporters write pads (`ConstantOfShape`, `Concat`, `Reshape`, `Slice`, `Transpose`, `Cast`); null
 * where they are not known without running the model.
 */
export function computedIntegers(model: OnnxModel, name: string): readonly number[] | null {
  return integersOf(model, name, 0)?.values ?? null;
}

function integersOf(model: OnnxModel, name: string, depth: number): Integers | null {
  if (depth > MOST_DEPTH || name === '') return null;
  const constant = constantIntegers(model, name);
  if (constant !== null) {
    return constant.length > MOST_NUMBERS
      ? null
      : { dims: tensorShape(constantTensor(model, name)!), values: constant };
  }
  const node = model.index.producers.get(name);
  if (node === undefined || !isDefaultDomain(node) || node.output[0] !== name) return null;
  if (node.opType === 'Constant') return listOf(node);
  const inputs: Integers[] = [];
  for (const input of node.input) {
    const value = integersOf(model, input, depth + 1);
    if (value === null) return null;
    inputs.push(value);
  }
  const result = inputs[0] === undefined ? null : calculated(node, inputs as [Integers, ...Integers[]]);
  return result !== null && result.values.length <= MOST_NUMBERS ? result : null;
}

function listOf(node: NodeProto): Integers | null {
  for (const { name, i, ints } of node.attribute) {
    if (name === 'value_int') return { dims: [], values: [Number(i)] };
    if (name === 'value_ints') return { dims: [ints.length], values: ints.map(Number) };
  }
  return null;
}

function calculated(node: NodeProto, inputs: readonly [Integers, ...Integers[]]): Integers | null {
  const [first, second] = inputs;
  switch (node.opType) {
    case 'Identity':
      return first;
    case 'Cast': {
      const int64: number = TensorProto_DataType.INT64;
      return readIntAttribute(node, 'to', 0) === int64 ? first : null;
    }
    case 'ConstantOfShape':
      return filled(node, first.values);
    case 'Concat': {
      if (inputs.some(({ dims }) => dims.length !== 1)) return null;
      const values = inputs.flatMap((input) => input.values);
      return { dims: [values.length], values };
    }
    case 'Reshape':
      return second === undefined ? null : reshaped(first, second.values);
    case 'Slice':
      return sliced(first, inputs.slice(1));
    case 'Transpose':
      return transposed(node, first);
    default:
      return null;
  }
}

function filled(node: NodeProto, dims: readonly number[]): Integers | null {
  const count = elementCount(dims);
  const value = node.attribute.find(({ name }) => name === 'value')?.t;
  // Without a value it makes float zeros.
  if (value?.dataType !== TensorProto_DataType.INT64 || !(count >= 0 && count <= MOST_NUMBERS)) return null;
  const { rawData, int64Data } = value;
  const [number = null] =
    rawData.length === 8
      ? [Number(new DataView(rawData.buffer, rawData.byteOffset, 8).getBigInt64(0, true))]
      : Array.from(int64Data, Number);
  return number === null ? null : { dims, values: new Array<number>(count).fill(number) };
}

function reshaped({ dims, values }: Integers, shape: readonly number[]): Integers | null {
  const wanted = shape.map((length, axis) => (length === 0 ? (dims[axis] ?? -2) : length));
  const known = elementCount(wanted.filter((length) => length !== -1));
  const result = wanted.map((length) => (length === -1 ? values.length / known : length));
  return result.every(Number.isInteger) && elementCount(result) === values.length ? { dims: result, values } : null;
}

/** Along the first axis, in steps of 1 or -1. */
function sliced({ dims, values }: Integers, places: readonly Integers[]): Integers | null {
  const [starts, ends, axes, steps] = places.map((place) => place.values);
  const [length = null] = dims;
  if (starts?.length !== 1 || ends?.length !== 1 || length === null || length === 0) return null;
  if ((axes?.[0] ?? 0) !== 0) return null;
  const step = steps?.[0] ?? 1;
  const [start, end] = [starts[0]!, ends[0]!].map((place) => (place < 0 ? place + length : place)) as [number, number];
  const rows: number[] = [];
  if (step === 1) for (let i = Math.max(0, start); i < Math.min(length, end); i++) rows.push(i);
  else if (step === -1) for (let i = Math.min(length - 1, start); i > Math.max(-1, end); i--) rows.push(i);
  else return null;
  const size = values.length / length;
  return {
    dims: [rows.length, ...dims.slice(1)],
    values: rows.flatMap((row) => values.slice(row * size, (row + 1) * size)),
  };
}

function transposed(node: NodeProto, { dims, values }: Integers): Integers | null {
  const permutation = readIntsAttribute(node, 'perm') ?? [1, 0];
  if (dims.length !== 2 || permutation.join() !== '1,0') return null;
  const [rows, columns] = dims as [number, number];
  const result = Array.from({ length: rows * columns }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
  return { dims: [columns, rows], values: result };
}
