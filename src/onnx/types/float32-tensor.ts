import { create } from '@bufbuild/protobuf';
import { ModelError } from '../model-error.js';
import { TensorProtoSchema, type TensorProto } from '../proto/onnx_pb.js';
import { dataTypeName, FLOAT32, rawTensor, readFloatTensor, tensorShape } from '../tensor.js';
import { narrowToBfloat16, widenBfloat16 } from './bfloat16.js';
import { BFLOAT16, FLOAT16, FLOAT64 } from './float-types.js';
import { narrowToFloat16, widenFloat16 } from './float16.js';

/**
 * The numbers of a float16, bfloat16 or float64 tensor as a float32 one of the same name and shape.
 * Those of 16 bits are kept exactly, those of 64 are rounded.
 *
 * @throws ModelError for a finite float64 number that is beyond the range of float32
 */
export function float32Tensor(tensor: TensorProto): TensorProto {
  const values = tensor.dataType === FLOAT64 ? fromDoubles(tensor) : fromHalves(tensor);
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const changes = { dataType: FLOAT32, rawData, int32Data: [], doubleData: [] };
  return Object.assign(create(TensorProtoSchema), tensor, changes);
}

/** 16 bits each: raw, or one in each int32. */
function fromHalves({ dataType, rawData, int32Data, name }: TensorProto): Float32Array {
  if (dataType !== FLOAT16 && dataType !== BFLOAT16) {
    throw new ModelError(`Tensor "${name}": expected float16, bfloat16 or float64, got ${dataTypeName(dataType)}.`);
  }
  const bits = rawData.length === 0 ? Uint16Array.from(int32Data) : new Uint16Array(aligned(rawData, 2));
  const values = new Float32Array(bits.length);
  (dataType === FLOAT16 ? widenFloat16 : widenBfloat16)(bits, values);
  return values;
}

function fromDoubles({ rawData, doubleData, name }: TensorProto): Float32Array {
  const doubles = rawData.length === 0 ? Float64Array.from(doubleData) : new Float64Array(aligned(rawData, 8));
  const values = Float32Array.from(doubles);
  const index = values.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(doubles[i]));
  if (index >= 0) {
    throw new ModelError(
      `Tensor "${name}": expected numbers within float32, which a float64 model is computed in, got ${doubles[index]} at ${index}. Export the model in float32.`,
    );
  }
  return values;
}

/** The bytes in memory of their own, which starts where numbers of any size may. */
function aligned(bytes: Uint8Array, itemBytes: number): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length - (bytes.length % itemBytes));
  new Uint8Array(copy).set(bytes.subarray(0, copy.byteLength));
  return copy;
}

/**
 * A float32 tensor as one of float16, bfloat16 or float64 under another name, each number the
 * nearest.
 *
 * @throws ModelError for a finite number that is beyond the range of the type
 */
export function tensorOfType(tensor: TensorProto, dataType: number, name: string): TensorProto {
  const values = readFloatTensor(tensor);
  const narrow = dataType === FLOAT16 ? narrowToFloat16 : dataType === BFLOAT16 ? narrowToBfloat16 : null;
  if (narrow === null) {
    const wide = Float64Array.from(values);
    return rawTensor(name, tensorShape(tensor), dataType, new Uint8Array(wide.buffer));
  }
  const bits = narrow(values);
  const infinity = dataType === FLOAT16 ? 0x7c00 : 0x7f80;
  const index = bits.findIndex((own, i) => (own & 0x7fff) === infinity && Number.isFinite(values[i]));
  if (index >= 0) {
    throw new ModelError(
      `Tensor "${tensor.name}": expected numbers within ${dataTypeName(dataType)}, got ${values[index]} at ${index} once smoothing and BatchNormalization are in it. Export in float32 (--float float32).`,
    );
  }
  return rawTensor(name, tensorShape(tensor), dataType, new Uint8Array(bits.buffer));
}
