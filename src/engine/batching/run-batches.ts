import type { Dataset } from '../../formats/dataset.js';
import { ModelError } from '../../onnx/model-error.js';
import { checkSampleShape } from '../../onnx/model-io.js';
import { elementCount } from '../../onnx/tensor.js';
import type { Batching } from './batching.js';
import { feedReader } from './feeds.js';
import { sampleRuns, type BatchRange, type SampleRun } from './sample-runs.js';
import type { Outputs, Session } from '../session/session.js';
import { checkSamples } from '../session/typed-numbers.js';

/**
 * Feeds a range of samples to a session, run by run, see {@link sampleRuns}.
 *
 * @param onBatch gets the outputs, the run's first sample, the number of samples, and of the rows
 *   that they were fed in
 * @param isEnough asked after each batch: true leaves the rest of the range out
 * @throws ModelError where a batch would have to be filled up, and samples of the model influence
 *   each other
 */
export async function runBatches(
  session: Pick<Session, 'run'>,
  batching: Batching,
  dataset: Dataset,
  range: BatchRange,
  onBatch: (outputs: Outputs, run: SampleRun) => void | Promise<void>,
  isEnough: () => boolean = () => false,
): Promise<void> {
  const { io, noCopies } = batching;
  checkSampleShape(io, dataset.sampleShape);
  const feeds = feedReader(io, dataset);
  const runs = sampleRuns(range, batching);
  if (noCopies !== null && runs.some(({ samples, rows }) => samples < rows)) throw new ModelError(noCopies);
  const sampleLength = elementCount(dataset.sampleShape);
  const buffer = new Float32Array(runs.reduce((most, { rows }) => Math.max(most, rows), 0) * sampleLength);
  for (const run of runs) {
    const { first, samples, rows } = run;
    await dataset.read(first, samples, buffer);
    checkSamples(io, dataset, buffer.subarray(0, samples * sampleLength), first);
    for (let row = samples; row < rows; row += samples) {
      buffer.copyWithin(row * sampleLength, 0, samples * sampleLength);
    }
    const data = buffer.subarray(0, rows * sampleLength);
    const batch = { data, dims: [rows, ...dataset.sampleShape] };
    await onBatch(await session.run(batch, feeds(first, samples, rows)), run);
    if (isEnough()) return;
  }
}
