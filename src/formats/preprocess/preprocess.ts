import type { PreprocessSettings } from './preprocess-settings.js';
import { DatasetError } from '../dataset-error.js';

/** A sample is held in memory whole, as stored and as float32. */
const MOST_SAMPLE_NUMBERS = 2 ** 28;

/**
 * How stored samples become model inputs. In float32 throughout, each step rounded:
 *
 *   x[c] = (v / divideBy - mean[c]) / std[c]
 *
 * where c counts channels as the model sees them, so after `channelOrder: reverse`. This is what
 * NumPy computes with float32 arrays and Python-number constants.
 */
export interface PreprocessPlan {
  /** `[C, ...]`; `[..., C]` where the model takes channels last. */
  readonly sampleShape: readonly number[];
  /** Numbers in a sample. */
  readonly sampleSize: number;
  readonly channels: number;
  /** Numbers of one channel. */
  readonly planeSize: number;
  /** Offset in a stored sample of each channel's first number, `[C]`. */
  readonly channelStart: Int32Array;
  /** Distance in a stored sample between neighbours of one channel. */
  readonly step: number;
  /** Distance in a sample that is fed between the first numbers of neighbouring channels. */
  readonly fedChannelStep: number;
  /** The same between neighbours of one channel. */
  readonly fedStep: number;
  /** float32 values, `[C]`. */
  readonly mean: Float32Array;
  /** float32 values, `[C]`. */
  readonly std: Float32Array;
  /** A float32 value. */
  readonly divideBy: number;
  /** A preprocessed sample is the stored one. */
  readonly isIdentity: boolean;
}

/**
 * Returns the plan for samples stored with shape `storedShape` (without the batch axis).
 *
 * @throws DatasetError when the settings don't fit the shape: number of means or deviations, zero
 *   or non-finite divisor.
 */
export function planPreprocess(
  storedShape: readonly number[],
  settings: PreprocessSettings,
  where: string,
): PreprocessPlan {
  const last = settings.layout === 'channelsLast';
  const channels = (last ? storedShape.at(-1) : storedShape[0]) ?? 0;
  const sampleSize = storedShape.reduce((product, size) => product * size, 1);
  if (storedShape.length === 0 || storedShape.includes(0)) {
    const got = `samples of shape [${storedShape.join(', ')}]`;
    throw new DatasetError({ expected: 'samples with at least one axis and no empty axis', got, where });
  }
  if (sampleSize > MOST_SAMPLE_NUMBERS) {
    const expected = `samples of at most ${MOST_SAMPLE_NUMBERS} numbers`;
    const got = `shape [${storedShape.join(', ')}]`;
    throw new DatasetError({ expected, got, where, advice: 'The first axis of an array counts samples.' });
  }
  const planeSize = sampleSize / channels;
  const mean = channelValues('mean', settings.mean, channels, where) ?? new Float32Array(channels);
  const std = channelValues('std', settings.std, channels, where) ?? new Float32Array(channels).fill(1);
  const divideBy = Math.fround(settings.divideBy);
  if (!isDivisor(divideBy)) throw badDivisor('data.preprocess.divideBy', settings.divideBy, where);
  const zero = std.findIndex((value) => !isDivisor(value));
  if (zero >= 0) throw badDivisor(`data.preprocess.std[${zero}]`, settings.std?.[zero], where);
  const channelStart = Int32Array.from({ length: channels }, (_, channel) => {
    const stored = settings.channelOrder === 'reverse' ? channels - 1 - channel : channel;
    return last ? stored : stored * planeSize;
  });
  const extent = last ? storedShape.slice(0, -1) : storedShape.slice(1);
  const isFedLast = settings.feed === 'channelsLast';
  const plan = {
    sampleShape: isFedLast ? [...extent, channels] : [channels, ...extent],
    sampleSize,
    channels,
    planeSize,
    channelStart,
    step: last ? channels : 1,
    fedChannelStep: isFedLast ? 1 : planeSize,
    fedStep: isFedLast ? channels : 1,
    mean,
    std,
    divideBy,
  };
  return { ...plan, isIdentity: changesNothing(plan) };
}

/**
 * True where a preprocessed sample is the stored one: no arithmetic changes a number, and none
 * changes its place.
 */
function changesNothing({
  channels,
  planeSize,
  channelStart,
  step,
  fedChannelStep,
  fedStep,
  mean,
  std,
  divideBy,
}: Omit<PreprocessPlan, 'isIdentity'>): boolean {
  if (divideBy !== 1 || (step !== fedStep && planeSize > 1)) return false;
  for (let channel = 0; channel < channels; channel += 1) {
    if (mean[channel] !== 0 || std[channel] !== 1 || channelStart[channel] !== channel * fedChannelStep) return false;
  }
  return true;
}

function channelValues(
  name: 'mean' | 'std',
  values: readonly number[] | null,
  channels: number,
  where: string,
): Float32Array | null {
  if (values === null) return null;
  if (values.length === channels && values.every((value) => Number.isFinite(Math.fround(value)))) {
    return Float32Array.from(values);
  }
  throw new DatasetError({
    expected: `data.preprocess.${name} to be ${channels} finite float32 numbers, one for each channel`,
    got: `[${values.join(', ')}]`,
    where,
    advice: 'Check data.preprocess.layout as well: it says which axis counts channels.',
  });
}

function isDivisor(value: number): boolean {
  return Number.isFinite(value) && value !== 0;
}

function badDivisor(field: string, value: number | undefined, where: string): DatasetError {
  const expected = `${field} to be a number that float32 holds and that is not 0`;
  return new DatasetError({ expected, got: String(value), where });
}

/**
 * Preprocesses one stored sample, `values[from ..]`, into `into[to ..]`; both hold `sampleSize`
 * float32 numbers.
 */
export function preprocessFloats(
  plan: PreprocessPlan,
  values: Float32Array,
  from: number,
  into: Float32Array,
  to: number,
): void {
  const { planeSize, sampleSize, step, fedStep, divideBy } = plan;
  if (plan.isIdentity) {
    into.set(values.subarray(from, from + sampleSize), to);
    return;
  }
  for (let channel = 0; channel < plan.channels; channel += 1) {
    const mean = plan.mean[channel]!;
    const std = plan.std[channel]!;
    let place = from + plan.channelStart[channel]!;
    let target = to + channel * plan.fedChannelStep;
    for (let index = 0; index < planeSize; index += 1) {
      into[target] = Math.fround(Math.fround(values[place]! / divideBy) - mean) / std;
      target += fedStep;
      place += step;
    }
  }
}

/**
 * As {@link tabulateBytes} for bytes that are pixels.
 *
 * @throws DatasetError when the preprocessing takes some byte out of what float32 holds
 */
export function tabulatePixels(plan: PreprocessPlan, where: string): Float32Array {
  const tables = tabulateBytes(
    plan,
    Float32Array.from({ length: 256 }, (_, byte) => byte),
  );
  const bad = tables.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return tables;
  throw new DatasetError({
    expected: 'data.preprocess to make finite numbers of all bytes',
    got: `${tables[bad]!} of ${bad % 256}`,
    where,
    advice: 'Check divideBy and std, which divide.',
  });
}

/**
 * Returns the preprocessed value of each byte in each channel, `[C, 256]`; `values[b]` is the
 * number that byte b stores.
 */
export function tabulateBytes(plan: PreprocessPlan, values: Float32Array): Float32Array {
  const tables = new Float32Array(plan.channels * 256);
  for (let channel = 0; channel < plan.channels; channel += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const centred = Math.fround(Math.fround(values[byte]! / plan.divideBy) - plan.mean[channel]!);
      tables[channel * 256 + byte] = centred / plan.std[channel]!;
    }
  }
  return tables;
}

/**
 * As {@link preprocessFloats} for samples of one byte a number, by the tables of
 * {@link tabulateBytes}.
 */
export function preprocessBytes(
  plan: PreprocessPlan,
  tables: Float32Array,
  bytes: Uint8Array,
  from: number,
  into: Float32Array,
  to: number,
): void {
  const { planeSize, step, fedStep } = plan;
  for (let channel = 0; channel < plan.channels; channel += 1) {
    const table = channel * 256;
    let place = from + plan.channelStart[channel]!;
    let target = to + channel * plan.fedChannelStep;
    for (let index = 0; index < planeSize; index += 1) {
      into[target] = tables[table + bytes[place]!]!;
      target += fedStep;
      place += step;
    }
  }
}
