import type { Dataset } from '../../formats/dataset.js';
import { checkSampleShape, fixedBatchSize, type ModelIo } from '../../onnx/model-io.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { splitModel } from '../../onnx/split-model.js';
import { elementCount } from '../../onnx/tensor.js';
import type { ExecutionRecord } from '../../records/execution-record.js';
import { feedReader } from '../batching/feeds.js';
import { checkFallback } from '../session/check-fallback.js';
import type { KernelProfile } from '../session/kernel-profile.js';
import { runnableForm } from '../session/runnable-form.js';
import { profileKernels } from '../session/session.js';
import type { Cache } from './job-caches.js';
import type { JobContext } from './job-context.js';

/** What ran a graph, as it is recorded. */
export type Ran = Pick<ExecutionRecord, 'provider' | 'kernels'>;

const ranBefore: Cache<Map<string, Ran>> = { start: () => new Map() };

/**
 * What runs this kind of graph of this model, see {@link observedKernels}; asked once per process,
 * kind and model. To be asked before a long pass, which a fall-back to the CPU would make much
 * longer.
 *
 * @param modelKey sha256 of the model, with whatever else makes graphs of one kind differ in their
 *   operators
 * @param graph made only where it was not asked before
 * @throws FallbackError
 */
export async function observedExecution(
  kind: string,
  modelKey: string,
  graph: () => OnnxModel | Promise<OnnxModel>,
  io: ModelIo,
  dataset: Dataset,
  context: JobContext,
): Promise<Ran> {
  const ran = context.caches.of(ranBefore);
  const id = `${kind}\n${modelKey}`;
  const known = ran.get(id);
  if (known !== undefined) return known;
  const { provider, kernels } = await observedKernels(await graph(), io, dataset, context);
  ran.set(id, { provider, kernels });
  return { provider, kernels };
}

/**
 * What runs this model, by a profiled run of one sample.
 *
 * @throws FallbackError where it ran on the CPU though it should not
 */
export async function observedKernels(
  model: OnnxModel,
  io: ModelIo,
  dataset: Dataset,
  context: JobContext,
): Promise<KernelProfile> {
  const { session, clock } = context;
  checkSampleShape(io, dataset.sampleShape);
  const rows = fixedBatchSize(io) ?? 1;
  const sample = new Float32Array(elementCount(dataset.sampleShape));
  await dataset.read(0, 1, sample);
  const data = new Float32Array(rows * sample.length);
  for (let row = 0; row < rows; row++) data.set(sample, row * sample.length);
  const batch = { data, dims: [rows, ...dataset.sampleShape] };
  const further = feedReader(io, dataset)(0, 1, rows);
  const profile = await clock.measure('profile', async () => {
    const runnable = await runnableForm(model, io, context);
    return profileKernels(splitModel(runnable.model, null), io.input, batch, runnable.settings, further);
  });
  if (session.allowFallback !== true) checkFallback(profile.kernels, session.provider);
  return profile;
}
