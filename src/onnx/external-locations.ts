import { fromBinary } from '@bufbuild/protobuf';
import { checkMessageCount } from './count-messages.js';
import { sparsePartsOf } from './edits/densify.js';
import { ModelError } from './model-error.js';
import { tensorsOf } from './onnx-model.js';
import { ModelProtoSchema, TensorProto_DataLocation } from './proto/onnx_pb.js';

/**
 * The external data files that `decodeModel` would read, as the model names them: beside it, each
 * once, in the order of the tensors. None of them is read.
 *
 * @throws ModelError for bytes that are no ONNX model
 */
export function externalLocations(bytes: Uint8Array): readonly string[] {
  checkMessageCount(ModelProtoSchema, bytes);
  const locations = new Set<string>();
  try {
    const { graph } = fromBinary(ModelProtoSchema, bytes);
    if (graph === undefined) return [];
    for (const tensor of [...sparsePartsOf(graph), ...tensorsOf(graph)]) {
      if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue;
      const location = tensor.externalData.find(({ key }) => key === 'location')?.value;
      if (location !== undefined) locations.add(location);
    }
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(`Expected an ONNX model, got ${bytes.length} bytes that do not decode as one.`, { cause });
  }
  return [...locations];
}
