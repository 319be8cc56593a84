import { create } from '@bufbuild/protobuf';
import { TensorProtoSchema, TensorProto_DataType, type TensorProto } from './proto/onnx_pb.js';
import { ModelError } from './model-error.js';

/** The code of float32 as messages store it: a plain number. */
export const FLOAT32: number = TensorProto_DataType.FLOAT;

/**
 * Dimensions of the tensor as numbers. @throws ModelError for a dimension that is negative or
 * absurd
 */
export function tensorShape(tensor: TensorProto): number[] {
  return tensor.dims.map((dim) => {
    const value = Number(dim);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new ModelError(`Initializer "${tensor.name}": expected dimensions >= 0, got [${tensor.dims.join(', ')}].`);
    }
    return value;
  });
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/**
 * Values of a float32 tensor, from raw or typed data. The result may share memory with the model:
 * it must not be written to.
 *
 * @throws ModelError when the type is another one, or the data has not the size of the shape
 */
export function readFloatTensor(tensor: TensorProto): Float32Array {
  if (tensor.dataType !== FLOAT32) {
    throw new ModelError(`Initializer "${tensor.name}": expected float32, got ${dataTypeName(tensor.dataType)}.`);
  }
  const expected = elementCount(tensorShape(tensor));
  const raw = tensor.rawData;
  if (raw.length === 0 && tensor.floatData.length === expected) return Float32Array.from(tensor.floatData);
  if (raw.length !== expected * 4) {
    throw new ModelError(
      `Initializer "${tensor.name}": expected ${expected * 4} bytes for shape [${tensor.dims.join(', ')}], got ${raw.length}.`,
    );
  }
  // A copy of its own, not raw.slice(): that is a view where the bytes are a Buffer.
  const aligned = raw.byteOffset % 4 === 0 ? raw : new Uint8Array(raw);
  return new Float32Array(aligned.buffer, aligned.byteOffset, expected);
}

export function floatTensor(name: string, dims: readonly number[], values: Float32Array): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.FLOAT,
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
}

/** A tensor of another type from its raw little-endian bytes. */
export function rawTensor(name: string, dims: readonly number[], dataType: number, rawData: Uint8Array): TensorProto {
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, rawData });
}

/** The tensor under another name; the values are shared. */
export function renamedTensor(tensor: TensorProto, name: string): TensorProto {
  return Object.assign(create(TensorProtoSchema), tensor, { name });
}

/** Name, shape and type of a tensor without its values. */
export function tensorWithoutValues({ name, dims, dataType }: TensorProto): TensorProto {
  return create(TensorProtoSchema, { name, dims, dataType });
}

export function int64Tensor(name: string, values: readonly number[]): TensorProto {
  const data = BigInt64Array.from(values, BigInt);
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: TensorProto_DataType.INT64,
    rawData: new Uint8Array(data.buffer),
  });
}

/** e.g. `float16`, for messages. */
export function dataTypeName(dataType: number): string {
  return (TensorProto_DataType[dataType] ?? `type ${dataType}`).toLowerCase();
}
