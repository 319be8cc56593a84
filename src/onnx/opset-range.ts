import { ModelError } from './model-error.js';
import type { ModelProto } from './proto/onnx_pb.js';

/** The oldest default operator set: from 7 on operators broadcast as they do today. */
export const OLDEST_OPSET = 7;
/** The newest that onnxruntime 1.30 loads. */
export const NEWEST_OPSET = 26;
/** The newest version of the file format that onnxruntime 1.30 loads. */
export const NEWEST_IR = 13n;

/** A version that every tool knows, to convert others to. */
const CONVERT_TO = 21;

/**
 * Version of the default operator set of a model.
 *
 * @throws ModelError for a version that is not supported, with the command that converts the model
 */
export function defaultOpset({ opsetImport, irVersion }: ModelProto): number {
  const entry = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (entry === undefined) {
    throw new ModelError('Expected the model to import the default operator set (ai.onnx), got none.');
  }
  const version = Number(entry.version);
  if (version < OLDEST_OPSET || version > NEWEST_OPSET) {
    throw new ModelError(
      `Opset ${version} is not supported: expected opset ${OLDEST_OPSET} to ${NEWEST_OPSET}. Convert the model: ${conversion(version)}`,
    );
  }
  if (irVersion > NEWEST_IR) {
    throw new ModelError(
      `IR version ${irVersion} is not supported: expected at most ${NEWEST_IR}, the newest that onnxruntime loads. Write the model with an older one: python -c "import onnx; m = onnx.load('model.onnx'); m.ir_version = ${NEWEST_IR}; onnx.save(m, 'converted.onnx')"`,
    );
  }
  return version;
}

function conversion(from: number): string {
  const target = from > NEWEST_OPSET ? CONVERT_TO : 13;
  return `python -c "import onnx, onnx.version_converter as v; onnx.save(v.convert_version(onnx.load('model.onnx'), ${target}), 'converted.onnx')", or export it again with opset ${target}.`;
}
