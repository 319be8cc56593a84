import { findLayers, type FoundLayer } from '../../onnx/layers/layers.js';
import { foldBatchNorm } from '../../onnx/folding/fold-batch-norm.js';
import { resolveModelIo, type ModelIo } from '../../onnx/model-io.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { JobModel } from '../jobs/jobs.js';
import { withFixedInputs } from './fixed-inputs.js';
import { readModelFile } from './model-file.js';
import { InputChangedError } from '../jobs/unchanged-inputs.js';

export interface LoadedModel {
  readonly untouched: OnnxModel;
  /** With BatchNormalization folded. */
  readonly folded: OnnxModel;
  /** Layers of the folded model. */
  readonly layers: readonly FoundLayer[];
  readonly io: ModelIo;
}

let cached: { readonly key: string; readonly model: LoadedModel } | null = null;

/**
 * Loads a job's model; the last one is kept, as most jobs of a child work on the same.
 *
 * @throws InputChangedError when the file's hash is not the one that the sweep was planned with
 */
export function loadModel(job: JobModel): LoadedModel {
  const key = JSON.stringify([job.path, job.sha256, job.input, job.output]);
  if (cached?.key === key) return cached.model;
  const file = withFixedInputs(readModelFile(job.path), job.fixed ?? {});
  if (file.sha256 !== job.sha256) {
    throw new InputChangedError(
      `${job.path}: the model changed during the sweep. Restore it, or run the experiment again.`,
    );
  }
  const { model: folded } = foldBatchNorm(file.model);
  const model = { untouched: file.model, folded, layers: findLayers(folded), io: resolveModelIo(file.model, job) };
  cached = { key, model };
  return model;
}
