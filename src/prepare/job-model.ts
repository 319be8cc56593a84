import type { JobModel } from '../engine/jobs/job-model.js';
import type { ModelSettings } from '../experiment/sections/settings.js';
import { wantedOutputs, type TaskSettings } from '../tasks/task-settings.js';
import type { FixedInputs } from '../onnx/folding/known-values.js';

/** What is known of models, by path. */
export interface KnownModels {
  modelSha256(path: string): string;
  fixedInputs(path: string): FixedInputs;
}

/** A model as jobs get it. @param task whose outputs are evaluated; absent: none is */
export function jobModel(model: ModelSettings, known: KnownModels, task?: TaskSettings): JobModel {
  const own = { ...model, sha256: known.modelSha256(model.path), fixed: known.fixedInputs(model.path) };
  return task === undefined ? own : { ...own, wanted: wantedOutputs(task) };
}
