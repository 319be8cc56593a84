import { findLayers, type FoundLayer } from '../../onnx/layers/layers.js';
import { foldBatchNorm } from '../../onnx/folding/fold-batch-norm.js';
import { resolveModelIo, type ModelIo } from '../../onnx/model-io.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { LastOne, type Cache, type JobCaches } from '../jobs/job-caches.js';
import type { JobModel } from '../jobs/job-model.js';
import { readModelFile } from './model-file.js';
import { sweptModel } from './swept-model.js';
import { InputChangedError } from '../jobs/unchanged-inputs.js';

export interface LoadedModel {
  readonly untouched: OnnxModel;
  /** With BatchNormalization folded. */
  readonly folded: OnnxModel;
  /** Layers of the folded model. */
  readonly layers: readonly FoundLayer[];
  readonly io: ModelIo;
}

/** A model's file, with its forms by the ends that jobs use of it. */
interface LoadedFile extends Omit<LoadedModel, 'io'> {
  readonly byEnds: Map<string, LoadedModel>;
}

const lastLoaded: Cache<LastOne<LoadedFile>> = { start: () => new LastOne() };

/**
 * Loads a job's model; the last one is kept, as most jobs of a process work on the same.
 *
 * @throws InputChangedError when the file's hash is not the one that the sweep was planned with
 */
export function loadModel(job: JobModel, caches: JobCaches): LoadedModel {
  const { byEnds, ...forms } = loadFile(job, caches);
  const io = resolveModelIo(forms.untouched, job, job.wanted);
  // By what is resolved: jobs with and without a task mostly evaluate the same outputs.
  const key = JSON.stringify([io.input, io.outputs.map(({ name }) => name)]);
  const before = byEnds.get(key);
  if (before !== undefined) return before;
  const model = { ...forms, io };
  byEnds.set(key, model);
  return model;
}

function loadFile(job: JobModel, caches: JobCaches): LoadedFile {
  const last = caches.of(lastLoaded);
  const key = JSON.stringify([job.path, job.sha256]);
  const before = last.get(key);
  if (before !== undefined) return before;
  const file = sweptModel(readModelFile(job.path), job.fixed ?? {});
  if (file.sha256 !== job.sha256) {
    throw new InputChangedError(
      `${job.path}: the model changed during the sweep. Restore it, or run the experiment again.`,
    );
  }
  const { model: folded } = foldBatchNorm(file.model);
  const layers = findLayers(folded);
  return last.set(key, { untouched: file.model, folded, layers, byEnds: new Map() });
}
