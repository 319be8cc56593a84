import { hashSource } from '../../src/formats/hash-source.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import type { DataSource } from '../../src/formats/data-source.js';
import type { PreprocessSettings } from '../../src/formats/preprocess/preprocess-settings.js';
import { Unsound } from './fuzz-case.js';
import type { Random } from './random.js';

/**
 * What a sweep does with a source before and while it runs: hash it, open it, read the first and
 * the last samples.
 */
export async function readSamples(source: DataSource, preprocess: PreprocessSettings): Promise<void> {
  if (!/^[0-9a-f]{64}$/.test(await hashSource(source))) throw new Unsound('no hash');
  const dataset = await openDataset(source, preprocess);
  try {
    const { sampleCount, sampleShape, labels, groundTruth } = dataset;
    if (![sampleCount, ...sampleShape].every((n) => Number.isSafeInteger(n) && n > 0)) {
      throw new Unsound(`${sampleCount} samples of shape [${sampleShape.join(', ')}]`);
    }
    if (labels !== null && (labels.length !== sampleCount || labels.some((label) => label < 0))) {
      throw new Unsound('labels that are none');
    }
    const centres = groundTruth?.scenes.flatMap(({ objects }) => objects.flatMap(({ x, y }) => [x, y])) ?? [];
    if (!centres.every(Number.isFinite)) throw new Unsound('a centre that is not finite');
    const count = Math.min(2, sampleCount);
    const size = sampleShape.reduce((product, dim) => product * dim, count);
    const into = new Float32Array(size);
    for (const first of [0, sampleCount - count]) {
      into.fill(NaN);
      await dataset.read(first, count, into);
      if (!into.every(Number.isFinite)) throw new Unsound('a sample that is not finite');
    }
  } finally {
    dataset.close();
  }
}

/** Mostly plain settings, some that do not fit. */
export function somePreprocess(random: Random): PreprocessSettings {
  if (random.chance(0.8)) {
    return { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null };
  }
  return {
    layout: random.pick(['channelsFirst', 'channelsLast'] as const),
    channelOrder: random.pick(['keep', 'reverse'] as const),
    divideBy: random.pick([1, 255, 1e-45, 1e-300, 1e300]),
    mean: random.pick([null, [0], [1, 2, 3], [1e39, 0, 0]]),
    std: random.pick([null, [1], [1e-45, 1, 1], [1, 2, 3]]),
  };
}
