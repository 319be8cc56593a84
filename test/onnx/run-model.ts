import type { OptimizationLevel } from '../../src/experiment/sections/settings.js';
import * as ort from 'onnxruntime-node';
import { encodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';

export interface Floats {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Runs a model in a real session without graph optimization and returns its outputs. */
export async function runModel(
  model: OnnxModel | Uint8Array,
  feeds: Readonly<Record<string, Floats>>,
  level: OptimizationLevel = 'disabled',
): Promise<Readonly<Record<string, Floats>>> {
  const session = await ort.InferenceSession.create(model instanceof Uint8Array ? model : encodeModel(model), {
    graphOptimizationLevel: level,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { disable_quant_qdq: '1', disable_double_qdq_remover: '1' } },
  });
  try {
    const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      new ort.Tensor('float32', data, dims),
    ]);
    const results = await session.run(Object.fromEntries(tensors) as ort.InferenceSession.FeedsType);
    return Object.fromEntries(
      Object.entries(results).map(([name, t]) => [name, { data: t.data as Float32Array, dims: t.dims }]),
    );
  } finally {
    await session.release();
  }
}

/** The only output of a run on input `x`. */
export async function runOnX(model: OnnxModel, x: Floats, level: OptimizationLevel = 'disabled'): Promise<Floats> {
  const [output] = Object.values(await runModel(model, { x }, level));
  return output!;
}
