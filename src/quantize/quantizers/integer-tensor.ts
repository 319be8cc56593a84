import { TensorProto_DataType, type TensorProto } from '../../onnx/proto/onnx_pb.js';
import { rawTensor } from '../../onnx/tensor.js';
import type { Quantizer } from './quantizer.js';

/** An integer type of ONNX that holds a quantizer's levels. */
export interface IntegerStorage {
  /** A `TensorProto_DataType`, or a later one. */
  readonly dataType: number;
  readonly bits: 4 | 8 | 16;
  readonly lowest: number;
  readonly highest: number;
  readonly toBytes: (values: ArrayLike<number>) => Uint8Array;
}

const bytesOf = (values: Int8Array | Uint8Array | Int16Array | Uint16Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const int8: IntegerStorage = {
  dataType: TensorProto_DataType.INT8,
  bits: 8,
  lowest: -128,
  highest: 127,
  toBytes: (values) => bytesOf(Int8Array.from(values)),
};
const uint8: IntegerStorage = {
  dataType: TensorProto_DataType.UINT8,
  bits: 8,
  lowest: 0,
  highest: 255,
  toBytes: (values) => bytesOf(Uint8Array.from(values)),
};
const int16: IntegerStorage = {
  dataType: TensorProto_DataType.INT16,
  bits: 16,
  lowest: -32768,
  highest: 32767,
  toBytes: (values) => bytesOf(Int16Array.from(values)),
};
const uint16: IntegerStorage = {
  dataType: TensorProto_DataType.UINT16,
  bits: 16,
  lowest: 0,
  highest: 65535,
  toBytes: (values) => bytesOf(Uint16Array.from(values)),
};

/** Two numbers a byte, the first in the lower half; the last of an odd number has a byte alone. */
function pairsOf(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 2));
  for (let i = 0; i < values.length; i++) bytes[i >> 1]! |= (values[i]! & 15) << (4 * (i & 1));
  return bytes;
}

/** ONNX 1.16 has these; their opset is 21. */
const INT4 = 22;
const UINT4 = 21;

/** Opset from which on ONNX's own DequantizeLinear reads integers of 4 bits. */
export const PACKED_OPSET = 21;

const int4: IntegerStorage = { dataType: INT4, bits: 4, lowest: -8, highest: 7, toBytes: pairsOf };
const uint4: IntegerStorage = { dataType: UINT4, bits: 4, lowest: 0, highest: 15, toBytes: pairsOf };

/**
 * The type of a weight's integers where few bytes count: 4 bits hold levels of up to 4 bits; see
 * {@link storageOf} of others. A weight is only dequantized, so what the runtime does to
 * QuantizeLinear does not matter.
 */
export function weightStorageOf(quantizer: Pick<Quantizer, 'bits' | 'signed'>): IntegerStorage {
  if (quantizer.bits > 4) return storageOf(quantizer);
  return quantizer.signed ? int4 : uint4;
}

/**
 * The type that a quantizer's integers are stored in. Below 8 bits they are stored in 8:
 * onnxruntime deletes a Relu in front of a 4-bit QuantizeLinear at its higher optimization levels.
 */
export function storageOf({ bits, signed }: Pick<Quantizer, 'bits' | 'signed'>): IntegerStorage {
  if (bits <= 8) return signed ? int8 : uint8;
  return signed ? int16 : uint16;
}

/** True where the quantizer uses only a part of its storage's range. */
export function isNarrowerThanStorage(quantizer: Quantizer): boolean {
  const { lowest, highest } = storageOf(quantizer);
  return quantizer.qmin > lowest || quantizer.qmax < highest;
}

export function integerTensor(
  name: string,
  dims: readonly number[],
  { dataType, toBytes }: IntegerStorage,
  values: ArrayLike<number>,
): TensorProto {
  return rawTensor(name, dims, dataType, toBytes(values));
}
