import type { Dataset } from '../data/dataset.js';
import { checkSampleShape, fixedBatchSize, type ModelIo } from '../graph/model-io.js';
import { elementCount } from '../graph/tensor.js';
import { feedReader } from './feeds.js';
import type { FloatTensor, Outputs, Session } from './session.js';

export interface BatchRange {
  readonly first: number;
  readonly count: number;
  /** Samples of one run; a model with a fixed batch axis overrides it. */
  readonly batchSize: number;
}

/** An output without the rows that only pad a fixed batch. */
export function withoutPadding({ data, dims }: FloatTensor, samples: number, fed: number): FloatTensor {
  const rows = (dims[0]! * samples) / fed;
  return { data: data.subarray(0, rows * (data.length / dims[0]!)), dims: [rows, ...dims.slice(1)] };
}

/**
 * Feeds a range of samples to a session. The last batch is smaller, or, where the model fixes its batch axis, padded
 * with copies of its last sample.
 *
 * @param onBatch gets the outputs, the first sample's index, the number of real samples, and of those fed with padding
 * @param isEnough asked after each batch: true leaves the rest of the range out
 */
export async function runBatches(
  session: Pick<Session, 'run'>,
  io: ModelIo,
  dataset: Dataset,
  range: BatchRange,
  onBatch: (outputs: Outputs, first: number, samples: number, fed: number) => void | Promise<void>,
  isEnough: () => boolean = () => false,
): Promise<void> {
  checkSampleShape(io, dataset.sampleShape);
  const feeds = feedReader(io, dataset);
  const fixed = fixedBatchSize(io);
  const size = fixed ?? Math.min(range.batchSize, range.count);
  const sampleLength = elementCount(dataset.sampleShape);
  const buffer = new Float32Array(size * sampleLength);
  const end = range.first + range.count;
  for (let first = range.first; first < end; first += size) {
    const samples = Math.min(size, end - first);
    await dataset.read(first, samples, buffer);
    const rows = fixed === null ? samples : size;
    for (let row = samples; row < rows; row++) {
      buffer.copyWithin(row * sampleLength, (samples - 1) * sampleLength, samples * sampleLength);
    }
    const data = buffer.subarray(0, rows * sampleLength);
    const batch = { data, dims: [rows, ...dataset.sampleShape] };
    await onBatch(await session.run(batch, feeds(first, samples, rows)), first, samples, rows);
    if (isEnough()) return;
  }
}
