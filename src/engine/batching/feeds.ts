import type { Dataset, FurtherInput } from '../../formats/dataset.js';
import { DatasetError } from '../../formats/dataset-error.js';
import type { NpyArray } from '../../formats/npy/npy-header.js';
import { ModelError } from '../../onnx/model-error.js';
import type { AxisNames, FurtherModelInput, ModelIo } from '../../onnx/model-io.js';
import { TensorProto_DataType } from '../../onnx/proto/onnx_pb.js';
import { dataTypeName, elementCount } from '../../onnx/tensor.js';
import type { Feed, Feeds } from '../session/session.js';

/**
 * Returns the further inputs of a run of `rows` rows: the `samples` samples from `first` on, over
 * and over.
 */
export type FeedReader = (first: number, samples: number, rows: number) => Feeds;

/**
 * Matches the further inputs of the data with those of the model. The runtime ignores a feed that
 * the model does not know, so every name is checked here.
 *
 * @throws ModelError when an input is missing or unknown, or has a type that can't be fed; the
 *   reader throws it for a shape that does not fit, and DatasetError for a number that the input's
 *   type can't hold
 */
export function feedReader(io: ModelIo, { inputs = [], order, sampleShape }: Dataset): FeedReader {
  const names = io.further.map(({ name }) => name);
  const unknown = inputs.find(({ name }) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
    throw new ModelError(
      `Expected inputs of data to be further inputs of the model (${known}), got "${unknown.name}". The samples go to "${io.input}".`,
    );
  }
  const lengths: LengthsOfAxes = (rows) => {
    const fed = inputs.flatMap((input) =>
      input.kind === 'array' ? [[input.name, fedShape(input, rows)] as const] : [],
    );
    return namedLengths(io.axisNames, [[io.input, [rows, ...sampleShape]], ...fed]);
  };
  const readers = io.further.map((target) => {
    const input = inputs.find(({ name }) => name === target.name);
    if (input === undefined) {
      throw new ModelError(
        `Input "${target.name}" of the model gets nothing. Name its array or value under inputs of data.calibration and data.evaluation.`,
      );
    }
    return [target.name, readerOf(target, input, order, lengths)] as const;
  });
  return (first, samples, rows) =>
    Object.fromEntries(readers.map(([name, read]) => [name, read(first, samples, rows)]));
}

function readerOf(
  target: FurtherModelInput,
  input: FurtherInput,
  order: Uint32Array | undefined,
  lengths: LengthsOfAxes,
): (first: number, samples: number, rows: number) => Feed {
  const convert = converterOf(target);
  if (input.kind === 'value') {
    return (_first, _samples, rows) => {
      const dims = filledShape(target, rows, lengths(rows));
      return convert(new Float64Array(elementCount(dims)).fill(input.value), dims, 'its value');
    };
  }
  const { array } = input;
  const where = array.source.path;
  if (input.per === 'run') {
    const whole = convert(readRows(array, 0, array.shape[0] ?? 1), [...array.shape], where);
    return (_first, _samples, rows) => {
      checkShape(target, whole.dims, rows, where);
      return whole;
    };
  }
  const size = elementCount(array.shape.slice(1));
  return (first, samples, rows) => {
    const dims = [rows, ...array.shape.slice(1)];
    checkShape(target, dims, rows, where);
    const values = new Float64Array(rows * size);
    if (order === undefined) values.set(readRows(array, first, samples));
    else for (let i = 0; i < samples; i++) values.set(readRows(array, order[first + i]!, 1), i * size);
    for (let row = samples; row < rows; row += samples) values.copyWithin(row * size, 0, samples * size);
    return convert(values, dims, where);
  };
}

function readRows({ source, dtype, shape, dataStart }: NpyArray, first: number, rows: number): Float64Array {
  const size = elementCount(shape.slice(1));
  const bytes = new Uint8Array(rows * size * dtype.itemBytes);
  source.read(dataStart + first * size * dtype.itemBytes, bytes);
  const values = new Float64Array(rows * size);
  dtype.decode(bytes, values);
  return values;
}

/** Lengths of the named axes in a run of so many rows, as far as what is fed fixes them. */
type LengthsOfAxes = (rows: number) => NamedLengths;

interface NamedLengths {
  /** Lengths of the free axes of an input; null where nothing fixes one. */
  readonly of: (input: string) => readonly (number | null)[];
}

/** What other inputs fix: `batch` of a state is the batch of the samples. */
function namedLengths(
  axisNames: AxisNames | undefined,
  fed: readonly (readonly [string, readonly number[]])[],
): NamedLengths {
  const byName = new Map<string, number>();
  for (const [input, dims] of fed) {
    for (const [axis, name] of (axisNames?.get(input) ?? []).entries()) {
      const length = dims[axis];
      if (name !== null && length !== undefined && !byName.has(name)) byName.set(name, length);
    }
  }
  return {
    of: (input) => (axisNames?.get(input) ?? []).map((name) => (name === null ? null : (byName.get(name) ?? null))),
  };
}

function fedShape({ array, per }: Extract<FurtherInput, { kind: 'array' }>, rows: number): readonly number[] {
  return per === 'run' ? array.shape : [rows, ...array.shape.slice(1)];
}

/**
 * The model's own shape; free axes are as long as others of their name, else the first is the
 * batch.
 */
function filledShape({ name, shape }: FurtherModelInput, rows: number, lengths: NamedLengths): readonly number[] {
  const named = lengths.of(name);
  const dims = shape?.map((dim, axis) => dim ?? named[axis] ?? (axis === 0 ? rows : null));
  if (dims?.every((dim) => dim !== null) === true) return dims;
  const got = shape === null ? 'a model that does not say' : `[${shape.map((dim) => dim ?? 'any').join(', ')}]`;
  throw new ModelError(
    `Expected a known shape to fill input "${name}" with its value, got ${got}. No other input fixes its free axes: give an array (path).`,
  );
}

function checkShape({ name, shape }: FurtherModelInput, dims: readonly number[], rows: number, where: string): void {
  if (shape === null) return;
  const fits = shape.length === dims.length && shape.every((dim, axis) => dim === null || dim === dims[axis]);
  if (fits) return;
  const expected = shape.map((dim) => dim ?? 'any').join(', ');
  throw new ModelError(
    `Expected an array of shape [${expected}] for input "${name}" in a run of ${rows} samples, got [${dims.join(', ')}] (${where}).`,
  );
}

type Converter = (values: Float64Array, dims: readonly number[], where: string) => Feed;

/** The types that can be fed, by their code in messages. */
const converters: ReadonlyMap<number, (name: string) => Converter> = new Map([
  [TensorProto_DataType.FLOAT, floats],
  [
    TensorProto_DataType.INT64,
    integers('int64', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, (values) => BigInt64Array.from(values, BigInt)),
  ],
  [TensorProto_DataType.INT32, integers('int32', -(2 ** 31), 2 ** 31 - 1, (values) => Int32Array.from(values))],
  [TensorProto_DataType.UINT8, integers('uint8', 0, 255, (values) => Uint8Array.from(values))],
  [TensorProto_DataType.BOOL, integers('bool', 0, 1, (values) => Uint8Array.from(values))],
]);

function converterOf({ name, elemType }: FurtherModelInput): Converter {
  const make = converters.get(elemType);
  if (make !== undefined) return make(name);
  throw new ModelError(
    `Expected input "${name}" to be float32, int64, int32, uint8 or bool, got ${dataTypeName(elemType)}.`,
  );
}

function floats(name: string): Converter {
  return (values, dims, where) => {
    const data = Float32Array.from(values);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw unfit(`finite float32 numbers for input "${name}"`, values, bad, where);
    return { type: 'float32', data, dims };
  };
}

function integers(
  type: Feed['type'],
  least: number,
  most: number,
  convert: (values: Float64Array) => Feed['data'],
): (name: string) => Converter {
  return (name) => (values, dims, where) => {
    const bad = values.findIndex((value) => !Number.isInteger(value) || value < least || value > most);
    if (bad >= 0) throw unfit(`whole numbers within ${least}..${most} for input "${name}"`, values, bad, where);
    return { type, data: convert(values), dims };
  };
}

function unfit(expected: string, values: Float64Array, bad: number, where: string): DatasetError {
  return new DatasetError({ expected, got: String(values[bad]), where: `${where}, number ${bad} of a run` });
}
