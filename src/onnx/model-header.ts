import { create } from '@bufbuild/protobuf';
import type { OnnxModel } from './onnx-model.js';
import { ModelProtoSchema, OperatorSetIdProtoSchema, StringStringEntryProtoSchema } from './proto/onnx_pb.js';

/**
 * Domain of onnxruntime's own QuantizeLinear and DequantizeLinear, which know every type and axis
 * at every opset.
 */
export const RUNTIME_DOMAIN = 'com.microsoft';

/** What the keys of metadata of exported models begin with. */
const NOTES = 'quantsweep.';

/** From this version of the format on, an initializer need not be listed as a graph input too. */
const FREE_INITIALIZERS_IR_VERSION = 4n;

/**
 * The model with entries added to its metadata and version 1 of further operator domains imported.
 * Where there are entries, those of the same key are replaced, and all that an earlier export wrote
 * are left out: they tell of another trial. An IR version below 4 becomes 4: new initializers are
 * not graph inputs.
 */
export function withHeader(
  model: OnnxModel,
  domains: readonly string[],
  metadata: Readonly<Record<string, string>>,
): OnnxModel {
  const { proto } = model;
  const isNoted = Object.keys(metadata).length > 0;
  const imported = new Set(proto.opsetImport.map((o) => o.domain));
  const changed = Object.assign(create(ModelProtoSchema), proto, {
    irVersion: proto.irVersion < FREE_INITIALIZERS_IR_VERSION ? FREE_INITIALIZERS_IR_VERSION : proto.irVersion,
    opsetImport: [
      ...proto.opsetImport,
      ...domains
        .filter((domain) => !imported.has(domain))
        .map((domain) => create(OperatorSetIdProtoSchema, { domain, version: 1n })),
    ],
    metadataProps: [
      ...proto.metadataProps.filter(({ key }) => !(key in metadata) && !(isNoted && key.startsWith(NOTES))),
      ...Object.entries(metadata).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
    ],
  });
  return { ...model, proto: changed };
}
