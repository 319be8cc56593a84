import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import { createRandomStream, type RandomStream } from './random-stream.js';
import type { Dataset } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import { planPreprocess, preprocessFloats } from '../preprocess/preprocess.js';
import { checkSampleRange } from '../sample-range.js';
import type { SyntheticSource } from './synthetic-settings.js';

/**
 * Returns random tensors: each number drawn from the distribution and multiplied by its channel's
 * factor. Sample i comes from the stream `(seed, i)` alone, so it is the same whatever else is
 * read. There are neither labels nor ground truth.
 *
 * @throws DatasetError when a factor is for a channel that is not there, or the preprocessing does
 *   not fit
 */
export function createSynthetic(source: SyntheticSource, preprocess: PreprocessSettings): Dataset {
  const where = `synthetic, seed ${source.seed}`;
  // The shape is channels first, whatever the layout of other data.
  const plan = planPreprocess(source.shape, { ...preprocess, layout: 'channelsFirst' }, where);
  const scales = channelScales(source, plan.channels, where);
  const values = new Float32Array(plan.sampleSize);
  return {
    sampleCount: source.count,
    sampleShape: plan.sampleShape,
    labels: null,
    groundTruth: null,
    read(first, count, into) {
      checkSampleRange(this, first, count, into);
      for (let index = 0; index < count; index += 1) {
        const random = createRandomStream(source.seed, first + index);
        const draw = drawing(source.distribution, random);
        for (let place = 0; place < values.length; place += 1) {
          values[place] = draw() * scales[Math.floor(place / plan.planeSize)]!;
        }
        preprocessFloats(plan, values, 0, into, index * plan.sampleSize);
      }
    },
    close() {
      // Nothing is held open.
    },
  };
}

function drawing(distribution: SyntheticSource['distribution'], random: RandomStream): () => number {
  switch (distribution) {
    case 'uniform':
      return () => 2 * random.uniform() - 1;
    case 'bytes':
      return () => Math.floor(256 * random.uniform());
    case 'normal':
      return normal(random);
    case 'halfNormal': {
      const draw = normal(random);
      return () => Math.abs(draw());
    }
  }
}

/** The transform of Box and Muller (1958): two uniforms give two independent normal numbers. */
function normal(random: RandomStream): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    // 1 - u is in (0, 1], so the logarithm is finite; the largest |z| is 6.7.
    const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function channelScales(source: SyntheticSource, channels: number, where: string): Float64Array {
  const scales = new Float64Array(channels).fill(1);
  if (source.channelScales === null) return scales;
  const list = Array.isArray(source.channelScales);
  if (list && source.channelScales.length !== channels) {
    const expected = `channelScales of ${channels} numbers, one for each channel`;
    throw new DatasetError({ expected, got: String(source.channelScales.length), where });
  }
  for (const [channel, scale] of Object.entries<number>(source.channelScales)) {
    if (Number(channel) >= channels) {
      const expected = `channelScales for channels 0..${channels - 1}`;
      throw new DatasetError({ expected, got: `one for channel ${channel}`, where });
    }
    scales[Number(channel)] = scale;
  }
  return scales;
}
