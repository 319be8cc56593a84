import { binExponent } from '../../src/calibrate/histograms/bin-width.js';
import { CountWriter } from '../../src/calibrate/histograms/packed-counts.js';
import { encodeHistograms } from '../../src/store/payload/histogram-payload.js';

/** Input channels of every layer of a synthetic sweep. */
export const sampleChannels = 16;

/**
 * The channel whose activation is far larger than the others', and the one that is 0 throughout.
 */
export const outlierChannel = 3;
export const deadChannel = 11;

/** absmax of a layer's activation by channel, of a calibration size by its place. */
export function sampleActivation(position: number, sizeIndex: number): number[] {
  const largest = (6 + position) * (1 + 0.01 * sizeIndex);
  return Array.from({ length: sampleChannels }, (_, channel) => {
    if (channel === deadChannel) return 0;
    return channel === outlierChannel
      ? largest
      : (largest / 30) * (1 + ((channel * 7) % sampleChannels) / sampleChannels);
  });
}

/** absmax of a layer's weight by input channel. */
export function sampleWeight(position: number): number[] {
  return Array.from(
    { length: sampleChannels },
    (_, channel) => (0.4 + 0.03 * position) * (1 - ((channel * 5) % sampleChannels) / 40),
  );
}

/** s = activation^alpha / weight^(1 - alpha); 1 without alpha and for a dead channel. */
export function sampleFactors(
  activation: readonly number[],
  weight: readonly number[],
  alpha: number | null,
): number[] {
  return activation.map((absmax, channel) =>
    alpha === null || absmax === 0 ? 1 : absmax ** alpha / weight[channel]! ** (1 - alpha),
  );
}

/**
 * Histograms that fall towards the absmax of each channel, negative values down to half of it, as
 * bytes.
 */
export function sampleHistograms(activation: readonly number[]): { readonly bins: Uint8Array; readonly total: number } {
  const binWidth = Float64Array.from(activation, (absmax) => 2 ** binExponent(absmax));
  let total = 0;
  const side = (share: number): Uint8Array => {
    const writer = new CountWriter();
    activation.forEach((absmax, channel) => {
      const last = Math.floor((share * absmax) / binWidth[channel]!);
      const counts = Float64Array.from({ length: last + 1 }, (_, bin) =>
        Math.round(60 * share * (1 - bin / (last + 1)) ** 3),
      );
      total += counts.reduce((sum, count) => sum + count, 0);
      writer.write(counts, 0, counts.length);
    });
    return writer.finish();
  };
  const positive = side(1);
  const negative = side(0.5);
  return { bins: encodeHistograms({ binWidth, positive, negative }), total };
}
