import type { Dataset } from '../../formats/dataset.js';
import { DatasetError } from '../../formats/dataset-error.js';
import { ModelError } from '../../onnx/model-error.js';
import type { ModelIo } from '../../onnx/model-io.js';
import { dataTypeName } from '../../onnx/tensor.js';
import { elementCount } from '../../onnx/tensor.js';
import { narrowToFloat16, widenFloat16 } from '../../onnx/types/float16.js';
import { firstUnfit, LARGEST_EXACT, rangeText } from '../../onnx/types/sample-types.js';

/** Numbers of a tensor as the runtime takes and gives them. */
export type RuntimeNumbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** By the runtime's names of types; bool as 0 and 1, float16 by its bits. */
const fromFloats: ReadonlyMap<string, (values: Float32Array) => RuntimeNumbers> = new Map<
  string,
  (values: Float32Array) => RuntimeNumbers
>([
  ['float16', narrowToFloat16],
  ['float64', (values) => Float64Array.from(values)],
  ['int8', (values) => Int8Array.from(values)],
  ['uint8', (values) => Uint8Array.from(values)],
  ['bool', (values) => Uint8Array.from(values)],
  ['int16', (values) => Int16Array.from(values)],
  ['uint16', (values) => Uint16Array.from(values)],
  ['int32', (values) => Int32Array.from(values)],
  ['uint32', (values) => Uint32Array.from(values)],
  ['int64', (values) => BigInt64Array.from(values, toBigInt)],
  ['uint64', (values) => BigUint64Array.from(values, toBigInt)],
]);

/** What is no whole number is refused before it is fed; probes of a batch may meet it earlier. */
function toBigInt(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

/**
 * Float32 numbers as the runtime takes those of another type. Whole numbers that the type holds
 * stay what they are, see `checkSamples`.
 */
export function numbersOf(type: string, values: Float32Array): RuntimeNumbers {
  return fromFloats.get(type)?.(values) ?? values;
}

/**
 * Numbers of an output in float32: integers and bool exactly, float16 exactly, float64 rounded.
 *
 * @throws ModelError for an integer beyond 2^24, up to which float32 holds every one, and for text
 */
export function floatsOf(output: string, type: string, numbers: unknown): Float32Array {
  if (numbers instanceof Float32Array) return numbers;
  if (!ArrayBuffer.isView(numbers) || numbers instanceof DataView) {
    throw new ModelError(`Expected output "${output}" to hold numbers, got ${type}.`);
  }
  if (type === 'float16') return fromFloat16(numbers);
  const values = Float32Array.from(numbers as unknown as ArrayLike<number | bigint>, Number);
  if (type === 'float64') return values;
  const index = values.findIndex((value) => Math.abs(value) > LARGEST_EXACT);
  if (index < 0) return values;
  const [found] = (numbers as unknown as { subarray(from: number, to: number): ArrayLike<number | bigint> }).subarray(
    index,
    index + 1,
  ) as unknown as [number | bigint];
  throw new ModelError(
    `Expected output "${output}" (${type}) to hold whole numbers up to 2^24, which float32 has exactly, got ${found}.`,
  );
}

/** By their bits, whatever array this version of Node has for them. */
function fromFloat16({ buffer, byteOffset, byteLength }: ArrayBufferView): Float32Array {
  const bits = new Uint16Array(buffer, byteOffset, byteLength / 2);
  const values = new Float32Array(bits.length);
  widenFloat16(bits, values);
  return values;
}

/**
 * Checks that samples are numbers that an input of an integer type holds; float inputs take any.
 *
 * @param first of the samples, by its place in the dataset
 * @throws DatasetError naming the sample and the number
 */
export function checkSamples(
  { input, inputType }: Pick<ModelIo, 'input' | 'inputType'>,
  { sampleShape, order }: Pick<Dataset, 'sampleShape' | 'order'>,
  values: Float32Array,
  first: number,
): void {
  if (inputType === undefined) return;
  const index = firstUnfit(values, inputType);
  if (index === null) return;
  const size = elementCount(sampleShape);
  const place = first + Math.floor(index / size);
  throw new DatasetError({
    expected: `${rangeText(inputType)} for input "${input}", which takes ${dataTypeName(inputType)}`,
    got: String(values[index]),
    where: `number ${index % size} of sample ${order?.[place] ?? place}`,
    advice:
      'Feed what the model takes: data.preprocess with divideBy 1 and without mean and std leaves the scaling to the model.',
  });
}
