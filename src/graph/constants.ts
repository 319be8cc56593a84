import type { OnnxModel } from './onnx-model.js';
import type { TensorProto } from './onnx_pb.js';

/**
 * The constant behind a tensor name: an initializer, the value of a Constant node, or either seen through Identity
 * nodes (as exporters write shared weights). Null when the tensor is computed from inputs.
 */
export function constantTensor(model: OnnxModel, name: string): TensorProto | null {
  let tensor = name;
  for (;;) {
    const initializer = model.index.initializers.get(tensor);
    if (initializer !== undefined) return initializer;
    const producer = model.index.producers.get(tensor);
    if (producer?.opType === 'Constant') return producer.attribute.find((a) => a.name === 'value')?.t ?? null;
    if (producer?.opType !== 'Identity') return null;
    tensor = producer.input[0]!;
  }
}
