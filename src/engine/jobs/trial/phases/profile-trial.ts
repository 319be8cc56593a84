import type { OnnxModel } from '../../../../onnx/onnx-model.js';
import { simulatedModel } from '../../../../quantize/graph/simulated-model.js';
import { openBatching, type Batching } from '../../../batching/batching.js';
import { observedExecution, type Ran } from '../../observed-execution.js';
import type { PreparedTrial } from './prepare-trial.js';

/** With how its model is fed and what runs it. */
export interface ProfiledTrial extends PreparedTrial {
  readonly batching: Batching;
  /** What runs the simulated model; a correction of its biases adds no operator that matters. */
  readonly simulated: Ran;
}

/** Finds out how samples share a run, and what runs the simulated model. @throws FallbackError */
export async function profileTrial(trial: PreparedTrial): Promise<ProfiledTrial> {
  const { job, model, dataset, prepared, context, settings } = trial;
  const { layers, quantization, smoothing, target, evaluation, preprocess } = settings;
  const batching = await openBatching(model, dataset, [evaluation.source, preprocess], context);
  const key = JSON.stringify([job.model, layers, quantization, smoothing.mode, smoothing.apply, target]);
  const graph = (): OnnxModel => simulatedModel(prepared);
  const simulated = await observedExecution('trial', key, graph, model.io, dataset, context);
  return { ...trial, batching, simulated };
}
