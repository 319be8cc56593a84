import { ModelError } from './model-error.js';
import { TensorProto_DataType, type TensorProto } from './proto/onnx_pb.js';
import { elementCount, tensorShape } from './tensor.js';

/**
 * Bits of one number in raw data; types that are not here (text, types to come) are not checked.
 */
const bitsOfType: ReadonlyMap<number, number> = new Map([
  [TensorProto_DataType.FLOAT, 32],
  [TensorProto_DataType.UINT8, 8],
  [TensorProto_DataType.INT8, 8],
  [TensorProto_DataType.UINT16, 16],
  [TensorProto_DataType.INT16, 16],
  [TensorProto_DataType.INT32, 32],
  [TensorProto_DataType.INT64, 64],
  [TensorProto_DataType.BOOL, 8],
  [TensorProto_DataType.FLOAT16, 16],
  [TensorProto_DataType.DOUBLE, 64],
  [TensorProto_DataType.UINT32, 32],
  [TensorProto_DataType.UINT64, 64],
  [TensorProto_DataType.COMPLEX64, 64],
  [TensorProto_DataType.COMPLEX128, 128],
  [TensorProto_DataType.BFLOAT16, 16],
]);

/**
 * Bytes of a tensor's raw data by its shape and type; null for a type that is not known.
 *
 * @throws ModelError for a dimension that is negative, or more numbers than any file holds
 */
export function rawBytes(tensor: TensorProto): number | null {
  const shape = tensorShape(tensor);
  // Not the product alone: 0 times a product that left float64 would be NaN.
  const count = shape.includes(0) ? 0 : elementCount(shape);
  if (!Number.isSafeInteger(count)) {
    throw new ModelError(
      `Initializer "${tensor.name}": expected a shape of less than 2^53 numbers, got [${tensor.dims.join(', ')}].`,
    );
  }
  const bits = bitsOfType.get(tensor.dataType);
  return bits === undefined ? null : (count * bits) / 8;
}

/**
 * Checks that a tensor holds as many numbers as its shape says: everything behind relies on it.
 *
 * @throws ModelError naming the tensor, both sizes and the shape
 */
export function checkTensor(tensor: TensorProto): void {
  const expected = rawBytes(tensor);
  if (expected === null) return;
  const { rawData, dims, dataType, name } = tensor;
  const shape = `shape [${dims.join(', ')}]`;
  if (rawData.length > 0) {
    if (rawData.length === expected) return;
    throw new ModelError(`Initializer "${name}": expected ${expected} bytes for ${shape}, got ${rawData.length}.`);
  }
  const typed = typedCount(tensor);
  const count = expected / (bitsOfType.get(dataType)! / 8);
  if (typed === count) return;
  if (typed === 0) throw new ModelError(`Initializer "${name}": expected ${expected} bytes for ${shape}, got 0.`);
  throw new ModelError(`Initializer "${name}": expected ${count} numbers for ${shape}, got ${typed}.`);
}

/** Numbers in the field that a type has for itself. */
function typedCount(tensor: TensorProto): number {
  const { dataType, floatData, doubleData, int32Data, int64Data, uint64Data } = tensor;
  const fields: ReadonlyMap<number, number> = new Map([
    [TensorProto_DataType.FLOAT, floatData.length],
    [TensorProto_DataType.COMPLEX64, floatData.length / 2],
    [TensorProto_DataType.DOUBLE, doubleData.length],
    [TensorProto_DataType.COMPLEX128, doubleData.length / 2],
    [TensorProto_DataType.INT64, int64Data.length],
    [TensorProto_DataType.UINT32, uint64Data.length],
    [TensorProto_DataType.UINT64, uint64Data.length],
  ]);
  return fields.get(dataType) ?? int32Data.length;
}
