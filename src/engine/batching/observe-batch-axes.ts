import type { Dataset } from '../../formats/dataset.js';
import { mayVaryInSize } from '../../onnx/varying-size.js';
import { elementCount } from '../../onnx/tensor.js';
import type { JobContext } from '../jobs/job-context.js';
import type { LoadedModel } from '../session/load-model.js';
import { RuntimeError } from '../session/runtime-error.js';
import { withSession } from '../session/with-session.js';
import { seenBatchAxis, statedBatchAxis } from './batch-axis.js';
import { feedReader } from './feeds.js';
import { movedSample } from './moved-sample.js';

/** Samples that are run, beside one of zeros and one like none in the data. */
const SAMPLES = 6;

/**
 * Of outputs whose size may hang on what is found in a sample, and whose batch axis the model does
 * not state, the axis that was 1 for several samples, zeros and noise, run one at a time. A first
 * axis that happens to be 1 for one sample is thus not taken for the batch.
 *
 * @returns by output; null: none of its axes is the batch
 */
export async function observeBatchAxes(
  { untouched, io }: LoadedModel,
  dataset: Dataset,
  context: JobContext,
): Promise<ReadonlyMap<string, number | null>> {
  const open = io.outputs
    .filter((output) => statedBatchAxis(io, output) === 'firstOne' && mayVaryInSize(untouched, output.name))
    .map(({ name }) => name);
  if (open.length === 0) return new Map();
  const shapes = new Map<string, (readonly number[])[]>(open.map((name) => [name, []]));
  const feeds = feedReader(io, dataset);
  const size = elementCount(dataset.sampleShape);
  await withSession(untouched, io, { ...context, longPass: null }, (session) =>
    context.clock.measure('batching', async () => {
      const see = async (data: Float32Array, sample: number): Promise<void> => {
        const found = await session.run({ data, dims: [1, ...dataset.sampleShape] }, feeds(sample, 1, 1));
        for (const name of open) shapes.get(name)!.push([...found[name]!.dims]);
      };
      const sample = new Float32Array(size);
      for (let index = Math.min(SAMPLES, dataset.sampleCount) - 1; index >= 0; index--) {
        await dataset.read(index, 1, sample);
        await see(sample, index);
      }
      // What is no sample need not run: a graph may not know what to do where it finds nothing.
      for (const made of [new Float32Array(size), movedSample(sample)]) {
        await see(made, 0).catch((cause: unknown) => {
          if (!(cause instanceof RuntimeError) || cause.trouble !== null) throw cause;
        });
      }
    }),
  );
  return new Map([...shapes].map(([name, seen]) => [name, seenBatchAxis(seen)]));
}
