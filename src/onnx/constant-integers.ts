import { constantTensor } from './constants.js';
import type { OnnxModel } from './onnx-model.js';
import { TensorProto_DataType } from './proto/onnx_pb.js';

/**
 * The numbers of a constant int64 tensor (pads, axes, a shape); null where the tensor is computed
 * or of another type.
 */
export function constantIntegers(model: OnnxModel, name: string): readonly number[] | null {
  const tensor = constantTensor(model, name);
  if (tensor?.dataType !== TensorProto_DataType.INT64) return null;
  if (tensor.rawData.length === 0) return Array.from(tensor.int64Data, Number);
  const { buffer, byteOffset, byteLength } = tensor.rawData;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Array.from({ length: byteLength / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)));
}
