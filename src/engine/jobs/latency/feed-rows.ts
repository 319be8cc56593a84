import type { Dataset } from '../../../formats/dataset.js';
import type { ModelIo } from '../../../onnx/model-io.js';
import { elementCount } from '../../../onnx/tensor.js';
import { feedReader } from '../../batching/feeds.js';
import type { Feeds, FloatTensor } from '../../session/session.js';

/** What one run is fed. */
export interface Fed {
  readonly batch: FloatTensor;
  readonly further: Feeds;
}

/** The first samples, over and over where there are fewer than rows. */
export async function feedRows(io: ModelIo, dataset: Dataset, rows: number): Promise<Fed> {
  const samples = Math.min(rows, dataset.sampleCount);
  const size = elementCount(dataset.sampleShape);
  const data = new Float32Array(rows * size);
  await dataset.read(0, samples, data.subarray(0, samples * size));
  for (let row = samples; row < rows; row += samples) data.copyWithin(row * size, 0, samples * size);
  return { batch: { data, dims: [rows, ...dataset.sampleShape] }, further: feedReader(io, dataset)(0, samples, rows) };
}
