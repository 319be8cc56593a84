import { create, toBinary } from '@bufbuild/protobuf';
import { ModelError } from './model-error.js';
import { copyGraph, encodeModel, LARGEST_MODEL_BYTES, type OnnxModel } from './onnx-model.js';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type TensorProto,
} from './proto/onnx_pb.js';
import { tensorWithoutValues } from './tensor.js';

/** Numbers of a tensor outside the model's own file. */
export interface ExternalPart {
  readonly location: string;
  /** In that file. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** A model as bytes; `external` is empty where they hold all of it. */
export interface SplitModel {
  readonly bytes: Uint8Array;
  readonly external: readonly ExternalPart[];
}

/** Smaller constants stay in the model: the runtime reads shapes and axes before it runs. */
const SMALLEST_OUTSIDE = 1024;

/** Of the lengths of a tensor and its data, at most. */
const LENGTH_BYTES = 12;

/** Where each tensor begins in a file: a memory page, as ONNX recommends. */
const PAGE = 4096;

/**
 * The bytes of a model, its large initializers outside where they hold more than `limit` with them.
 *
 * @param file name of the one file that they are in, one after the other; null: each is one of its
 *   own, which a session is given in memory
 * @throws ModelError where what stays is still too large
 */
export function splitModel(model: OnnxModel, file: string | null, limit: number = LARGEST_MODEL_BYTES): SplitModel {
  const isLarge = ({ rawData }: TensorProto): boolean => rawData.length >= SMALLEST_OUTSIDE;
  const outside = model.graph.initializer.filter(isLarge).reduce((sum, { rawData }) => sum + rawData.length, 0);
  if (outside <= limit / 2) return { bytes: encodeModel(model), external: [] };
  const bare = model.graph.initializer.map((tensor) => (isLarge(tensor) ? tensorWithoutValues(tensor) : tensor));
  // Lengths take some bytes more where they are of more.
  const whole = bytesWith(model, bare).length + outside + bare.length * LENGTH_BYTES;
  if (whole <= limit) return { bytes: encodeModel(model), external: [] };
  const external: ExternalPart[] = [];
  let end = 0;
  const initializer = model.graph.initializer.map((tensor) => {
    if (!isLarge(tensor)) return tensor;
    const offset = file === null ? 0 : Math.ceil(end / PAGE) * PAGE;
    const location = file ?? `quantsweep-${external.length}.bin`;
    external.push({ location, offset, data: tensor.rawData });
    end = offset + tensor.rawData.length;
    return withoutData(tensor, location, offset);
  });
  const bytes = bytesWith(model, initializer);
  if (bytes.length > limit) {
    throw new ModelError(
      `Expected a graph of at most ${limit} bytes beside its weights, got ${bytes.length}: protobuf can't hold more.`,
    );
  }
  return { bytes, external };
}

function bytesWith(model: OnnxModel, initializer: TensorProto[]): Uint8Array {
  const graph = copyGraph(model.graph, { initializer });
  return toBinary(ModelProtoSchema, Object.assign(create(ModelProtoSchema), model.proto, { graph }));
}

function withoutData(tensor: TensorProto, location: string, offset: number): TensorProto {
  const entries = { location, offset: String(offset), length: String(tensor.rawData.length) };
  return Object.assign(create(TensorProtoSchema), tensor, {
    rawData: new Uint8Array(0),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
  });
}
