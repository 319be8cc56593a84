import { constantTensor } from '../constants.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { readIntAttribute, readIntsAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import { TensorProto_DataType, type NodeProto, type TensorProto } from '../proto/onnx_pb.js';
import { elementCount, FLOAT32, tensorShape } from '../tensor.js';

/**
 * A small tensor whose numbers are known without running the model; null for a number that is not.
 */
export interface SmallValue {
  readonly dims: readonly number[];
  readonly numbers: readonly (number | null)[];
  /** Whole numbers divide without a rest, float32 rounds. */
  readonly isFloat: boolean;
}

/** Inputs that every run gets the same number in, by name. */
export type FixedInputs = Readonly<Record<string, number>>;

/** Larger tensors decide no condition. */
const MOST_NUMBERS = 1024;
/** Operators between a condition and what decides it. */
const MOST_DEPTH = 200;

/**
 * The numbers of a tensor, as far as they follow from constants, from fixed inputs and from the
 * shapes that the model states of its inputs; null where it is larger, of another type, or depends
 * on anything else.
 */
export function smallValue(model: OnnxModel, fixed: FixedInputs, name: string): SmallValue | null {
  const known = new Map<string, SmallValue | null>();
  const valueOf = (tensor: string, depth: number): SmallValue | null => {
    const found = known.get(tensor);
    if (found !== undefined || depth > MOST_DEPTH) return found ?? null;
    const value = findValue(model, fixed, tensor, (input) => valueOf(input, depth + 1));
    known.set(tensor, value);
    return value;
  };
  return valueOf(name, 0);
}

function findValue(
  model: OnnxModel,
  fixed: FixedInputs,
  name: string,
  valueOf: (input: string) => SmallValue | null,
): SmallValue | null {
  const constant = constantTensor(model, name);
  if (constant !== null) return tensorValue(constant);
  const node = model.index.producers.get(name);
  if (node === undefined) return fixedValue(model, fixed, name);
  if (!isDefaultDomain(node) || node.output[0] !== name) return null;
  if (node.opType === 'Constant') return constantNode(node);
  if (node.opType === 'Shape') return shapeValue(model, node);
  const inputs: SmallValue[] = [];
  for (const input of node.input) {
    const value = valueOf(input);
    if (value === null) return null;
    inputs.push(value);
  }
  return calculate(node, inputs);
}

function fixedValue(model: OnnxModel, fixed: FixedInputs, name: string): SmallValue | null {
  if (!Object.hasOwn(fixed, name)) return null;
  const type = model.graph.input.find((input) => input.name === name)?.type?.tensorType;
  const dims = statedShape(model, name);
  if (type === undefined || dims === null || dims.includes(null)) return null;
  const known = dims as readonly number[];
  if (elementCount(known) > MOST_NUMBERS) return null;
  const isFloat = type.elemType === FLOAT32;
  const number = isFloat ? Math.fround(fixed[name]!) : fixed[name]!;
  return { dims: known, numbers: new Array<number>(elementCount(known)).fill(number), isFloat };
}

function statedShape(model: OnnxModel, input: string): readonly (number | null)[] | null {
  const dims = model.graph.input.find(({ name }) => name === input)?.type?.tensorType?.shape?.dim;
  return dims?.map(({ value }) => (value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null)) ?? null;
}

function shapeValue(model: OnnxModel, node: NodeProto): SmallValue | null {
  const [input = ''] = node.input;
  const constant = constantTensor(model, input);
  const shape = constant === null ? statedShape(model, input) : tensorShape(constant);
  if (shape === null || (constant === null && model.index.producers.has(input))) return null;
  const start = readIntAttribute(node, 'start', 0);
  const end = readIntAttribute(node, 'end', shape.length);
  return vector(shape.slice(start, end));
}

function vector(numbers: readonly (number | null)[]): SmallValue {
  return { dims: [numbers.length], numbers, isFloat: false };
}

function constantNode(node: NodeProto): SmallValue | null {
  for (const { name, i, ints } of node.attribute) {
    if (name === 'value_int') return { dims: [], numbers: [Number(i)], isFloat: false };
    if (name === 'value_ints') return vector(ints.map(Number));
  }
  return null;
}

/** How the raw data of a type are read, and whether it is float32. */
const readers: ReadonlyMap<number, (view: DataView, index: number) => number> = new Map<
  number,
  (view: DataView, index: number) => number
>([
  [TensorProto_DataType.FLOAT, (view, i) => view.getFloat32(4 * i, true)],
  [TensorProto_DataType.DOUBLE, (view, i) => view.getFloat64(8 * i, true)],
  [TensorProto_DataType.INT64, (view, i) => Number(view.getBigInt64(8 * i, true))],
  [TensorProto_DataType.INT32, (view, i) => view.getInt32(4 * i, true)],
  [TensorProto_DataType.BOOL, (view, i) => view.getUint8(i)],
  [TensorProto_DataType.UINT8, (view, i) => view.getUint8(i)],
]);

function tensorValue(tensor: TensorProto): SmallValue | null {
  const dims = tensorShape(tensor);
  const count = elementCount(dims);
  const read = readers.get(tensor.dataType);
  if (read === undefined || count > MOST_NUMBERS) return null;
  const { rawData, floatData, doubleData, int64Data, int32Data } = tensor;
  const isFloat = tensor.dataType === FLOAT32;
  const typed = [floatData, doubleData, int64Data, int32Data].find((data) => data.length === count && count > 0);
  if (rawData.length === 0) return { dims, numbers: typed === undefined ? [] : Array.from(typed, Number), isFloat };
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return { dims, numbers: Array.from({ length: count }, (_, index) => read(view, index)), isFloat };
}

type Numbers = readonly number[];

/**
 * Elementwise operators of ONNX whose meaning no opset changed, on numbers and on truth values as 0
 * and 1.
 */
const elementwise: Readonly<Record<string, (...numbers: Numbers) => number>> = {
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
  Xor: (a, b) => Number((a !== 0) !== (b !== 0)),
  Not: (a) => Number(a === 0),
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Neg: (a) => -a,
  Abs: (a) => Math.abs(a),
  Min: (...all) => Math.min(...all),
  Max: (...all) => Math.max(...all),
  Where: (condition, a, b) => (condition !== 0 ? a : b),
};

const truths: ReadonlySet<string> = new Set('Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not'.split(' '));

function calculate(node: NodeProto, inputs: readonly SmallValue[]): SmallValue | null {
  const [first, second] = inputs;
  if (first === undefined) return null;
  const apply = Object.hasOwn(elementwise, node.opType) ? elementwise[node.opType]! : null;
  if (apply !== null) return elementwiseValue(node, inputs, apply);
  switch (node.opType) {
    case 'Identity':
      return first;
    case 'Cast':
      return castValue(first, readIntAttribute(node, 'to', 0));
    case 'Size':
      return { dims: [], numbers: [elementCount(first.dims)], isFloat: false };
    case 'Gather':
      return second === undefined || readIntAttribute(node, 'axis', 0) !== 0 ? null : gathered(first, second);
    case 'Mod':
      return second === undefined ? null : remainder(node, [first, second]);
    case 'Reshape':
      return second === undefined ? null : reshaped(node, first, second);
    case 'Slice':
      return sliced(first, inputs.slice(1));
    case 'ReduceMax':
    case 'ReduceMin':
    case 'ReduceSum':
    case 'ReduceProd':
      return reduced(node, inputs);
    case 'Concat':
      return inputs.every(({ dims }) => dims.length === 1) ? joined(inputs) : null;
    case 'Squeeze':
      return first.numbers.length === 1 && squeezesAll(node, inputs) ? { ...first, dims: [] } : null;
    case 'Unsqueeze':
      return first.dims.length === 0 && unsqueezedAxes(node, second) === 1 ? { ...first, dims: [1] } : null;
    default:
      return null;
  }
}

function elementwiseValue(
  { opType }: NodeProto,
  inputs: readonly SmallValue[],
  apply: (...numbers: Numbers) => number,
): SmallValue | null {
  const count = Math.max(...inputs.map(({ numbers }) => numbers.length));
  const shaped = inputs.find(({ numbers, dims }) => numbers.length === count && dims.length >= rankOf(inputs));
  // Tensors of one shape, and single numbers beside them: all that conditions are made of.
  if (shaped === undefined || inputs.some(({ numbers }) => numbers.length !== 1 && numbers.length !== count))
    return null;
  if (inputs.some(({ numbers, dims }) => numbers.length !== 1 && dims.join() !== shaped.dims.join())) return null;
  const operands = opType === 'Where' ? inputs.slice(1) : inputs;
  const isFloat = !truths.has(opType) && operands.some((input) => input.isFloat);
  const numbers = Array.from({ length: count }, (_, index) => {
    const row = inputs.flatMap((input) => input.numbers[input.numbers.length === 1 ? 0 : index] ?? []);
    if (row.length < inputs.length) return null;
    const result = apply(...row);
    if (truths.has(opType)) return result;
    if (isFloat) return Math.fround(result);
    const whole = opType === 'Div' ? Math.trunc(result) : result;
    return Number.isSafeInteger(whole) ? whole : null;
  });
  return { dims: shaped.dims, numbers, isFloat };
}

function rankOf(inputs: readonly SmallValue[]): number {
  return Math.max(...inputs.map(({ dims }) => dims.length));
}

function castValue(value: SmallValue, to: number): SmallValue | null {
  const whole: ReadonlySet<number> = new Set([TensorProto_DataType.INT64, TensorProto_DataType.INT32]);
  const bool: number = TensorProto_DataType.BOOL;
  const convert = (change: (number: number) => number, isFloat: boolean): SmallValue => ({
    dims: value.dims,
    numbers: value.numbers.map((number) => (number === null ? null : change(number))),
    isFloat,
  });
  if (to === bool) return convert((number) => Number(number !== 0), false);
  if (to === FLOAT32) return convert(Math.fround, true);
  return whole.has(to) ? convert(Math.trunc, false) : null;
}

function gathered({ dims, numbers, isFloat }: SmallValue, indices: SmallValue): SmallValue | null {
  if (dims.length !== 1) return null;
  const places = indices.numbers.map((index) => (index === null ? -1 : index < 0 ? index + numbers.length : index));
  if (places.some((place) => place < 0 || place >= numbers.length)) return null;
  return { dims: indices.dims, numbers: places.map((place) => numbers[place]!), isFloat };
}

/**
 * Whole numbers take the sign of the divisor, or with `fmod` that of the dividend, as float32
 * always does.
 */
function remainder(node: NodeProto, inputs: readonly [SmallValue, SmallValue]): SmallValue | null {
  const isTruncated = readIntAttribute(node, 'fmod', 0) === 1;
  if (inputs[0].isFloat && !isTruncated) return null;
  return elementwiseValue(node, inputs, (a, b) => (isTruncated ? a % b : ((a % b) + b) % b));
}

function reshaped(node: NodeProto, value: SmallValue, shape: SmallValue): SmallValue | null {
  const wanted = shape.numbers.map((length, axis) =>
    length === 0 && readIntAttribute(node, 'allowzero', 0) === 0 ? (value.dims[axis] ?? null) : length,
  );
  if (wanted.includes(null)) return null;
  const known = elementCount((wanted as readonly number[]).filter((length) => length !== -1));
  const dims = (wanted as readonly number[]).map((length) => (length === -1 ? value.numbers.length / known : length));
  return elementCount(dims) === value.numbers.length ? { ...value, dims } : null;
}

/** Of a vector; before opset 10 places are attributes, and nothing is known. */
function sliced({ dims, numbers, isFloat }: SmallValue, places: readonly SmallValue[]): SmallValue | null {
  const [start = null, end = null, axis = 0, step = 1] = places.map((place) =>
    place.numbers.length === 1 ? place.numbers[0] : null,
  );
  if (dims.length !== 1 || start === null || end === null || (axis !== 0 && axis !== -1) || step !== 1) return null;
  const kept = numbers.slice(start, end);
  return { dims: [kept.length], numbers: kept, isFloat };
}

/**
 * To one number; of whole numbers alone, whose sums do not hang on their order. Axes are an
 * attribute before opset 13 or 18.
 */
function reduced(node: NodeProto, [first, axes]: readonly SmallValue[]): SmallValue | null {
  const { dims, numbers, isFloat } = first!;
  const named = axes?.numbers ?? readIntsAttribute(node, 'axes') ?? [];
  const isWhole =
    named.length === 0 ? readIntAttribute(node, 'noop_with_empty_axes', 0) === 0 : named.length === dims.length;
  if (isFloat || !isWhole || numbers.length === 0 || numbers.includes(null)) return null;
  const [head, ...rest] = numbers as readonly number[];
  const result = rest.reduce(reductions[node.opType]!, head!);
  if (!Number.isSafeInteger(result)) return null;
  const isKept = readIntAttribute(node, 'keepdims', 1) === 1;
  return { dims: isKept ? dims.map(() => 1) : [], numbers: [result], isFloat };
}

const reductions: Readonly<Record<string, (a: number, b: number) => number>> = {
  ReduceMax: (a, b) => Math.max(a, b),
  ReduceMin: (a, b) => Math.min(a, b),
  ReduceSum: (a, b) => a + b,
  ReduceProd: (a, b) => a * b,
};

function joined(inputs: readonly SmallValue[]): SmallValue {
  const numbers = inputs.flatMap((input) => input.numbers);
  return { dims: [numbers.length], numbers, isFloat: inputs.some(({ isFloat }) => isFloat) };
}

/** Axes are an attribute before opset 13. */
function squeezesAll(node: NodeProto, [first, axes]: readonly SmallValue[]): boolean {
  const count = axes?.numbers.length ?? readIntsAttribute(node, 'axes')?.length ?? first!.dims.length;
  return count === first!.dims.length;
}

function unsqueezedAxes(node: NodeProto, axes: SmallValue | undefined): number {
  return axes?.numbers.length ?? readIntsAttribute(node, 'axes')?.length ?? 0;
}
