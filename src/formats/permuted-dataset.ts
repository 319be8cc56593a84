import { createPrng } from '../statistics/prng.js';
import type { Dataset } from './dataset.js';
import type { SampleOrigin } from './sample-origin.js';
import { elementCount } from '../onnx/tensor.js';

/** Stream of the generator that orders samples, apart from the streams of other random numbers. */
const ORDER_STREAM = 0x5a11;

/**
 * A random order of `0 .. count - 1`, the same for a seed everywhere: Durstenfeld's shuffle (1964)
 * with xoshiro128**.
 */
export function sampleOrder(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const prng = createPrng(seed, ORDER_STREAM);
  for (let last = count - 1; last > 0; last--) {
    const other = prng.nextBelow(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/**
 * The samples of a data set in the random order of a seed: what resampled subsets of a calibration
 * set are the first samples of. Labels, names, origins and further inputs follow their samples;
 * ground truth, which calibration does not use, is left out.
 */
export function permutedDataset(dataset: Dataset, seed: number): Dataset {
  return reorderedDataset(dataset, sampleOrder(dataset.sampleCount, seed));
}

/**
 * The samples of a data set that `order` names, in its order; otherwise as {@link permutedDataset}.
 */
export function reorderedDataset(dataset: Dataset, order: Uint32Array): Dataset {
  const size = elementCount(dataset.sampleShape);
  const { labels, names, inputs } = dataset;
  const origins = dataset.origins?.bind(dataset);
  return {
    sampleCount: order.length,
    sampleShape: dataset.sampleShape,
    labels: labels === null ? null : Int32Array.from(order, (sample) => labels[sample]!),
    groundTruth: null,
    ...(names === undefined ? {} : { names: Array.from(order, (sample) => names[sample]!) }),
    ...(inputs === undefined ? {} : { inputs }),
    order,
    async read(first, count, into) {
      for (let i = 0; i < count; i++) {
        await dataset.read(order[first + i]!, 1, into.subarray(i * size, (i + 1) * size));
      }
    },
    ...(origins === undefined
      ? {}
      : {
          async origins(first: number, count: number) {
            const found: SampleOrigin[] = [];
            for (let i = 0; i < count; i++) found.push(...(await origins(order[first + i]!, 1)));
            return found;
          },
        }),
    close() {
      dataset.close();
    },
  };
}
