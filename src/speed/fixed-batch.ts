import { fixedBatchSize, resolveModelIo } from '../onnx/model-io.js';
import type { PlannedTrial } from '../plan/plan.js';
import type { SweepInputs } from '../prepare/sweep-inputs.js';

/** Samples of every run where the model of a trial fixes its batch; else null. */
export function fixedBatchOf(
  { settings: { model } }: PlannedTrial,
  inputs: Pick<SweepInputs, 'modelOf'>,
): number | null {
  return fixedBatchSize(resolveModelIo(inputs.modelOf(model.path), model));
}
