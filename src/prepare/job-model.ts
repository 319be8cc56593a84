import type { JobModel } from '../engine/jobs/job-model.js';
import type { ModelSettings } from '../experiment/sections/settings.js';
import type { FixedInputs } from '../onnx/folding/known-values.js';

/** What is known of models, by path. */
export interface KnownModels {
  modelSha256(path: string): string;
  fixedInputs(path: string): FixedInputs;
}

/** A model as jobs get it. */
export function jobModel(model: ModelSettings, known: KnownModels): JobModel {
  return { ...model, sha256: known.modelSha256(model.path), fixed: known.fixedInputs(model.path) };
}
