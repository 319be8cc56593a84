import * as ort from 'onnxruntime-node';
import { encodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import type { Floats } from './run-model.js';

/**
 * Output `y` of a run on input `x` in a session without options, as others make one.
 *
 * @param config entries of the session's configuration, by key without `session.`
 */
export async function runByDefault(
  model: OnnxModel,
  { data, dims }: Floats,
  config: Readonly<Record<string, string>> = {},
): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: config },
  });
  try {
    const { y } = await session.run({ x: new ort.Tensor('float32', data, dims) });
    return y!.data as Float32Array;
  } finally {
    await session.release();
  }
}
