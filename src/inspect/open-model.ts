import { readModelFile } from '../engine/session/model-file.js';
import { sweptModel } from '../engine/session/swept-model.js';
import { foldBatchNorm } from '../onnx/folding/fold-batch-norm.js';
import type { FixedInputs } from '../onnx/folding/known-values.js';
import { findLayers } from '../onnx/layers/layers.js';
import type { OpenedModel } from './model-facts.js';

/** A file in the form that an experiment sweeps, with its hash. @throws ModelError */
export function openModel(path: string, fixed: FixedInputs): OpenedModel & { readonly sha256: string } {
  const file = readModelFile(path);
  const swept = sweptModel(file, fixed);
  const { model: folded } = foldBatchNorm(swept.model);
  return {
    ...{ path, sizeBytes: file.sizeBytes, sha256: swept.sha256, stored: file.model, folded },
    storedTypes: swept.float32?.types ?? [],
    layers: findLayers(folded),
  };
}
