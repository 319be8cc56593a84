import { dirname } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SampleOrigin } from '../../../src/formats/sample-origin.js';
import type { MetricContext, SampleBatch } from '../../../src/tasks/metric.js';
import { createRestoration, finishRestoration } from '../../../src/tasks/restoration/restoration.js';
import {
  locateRestoration,
  restorationSettings,
  type RestorationTask,
} from '../../../src/tasks/restoration/restoration-settings.js';
import { mergeRestorationStates } from '../../../src/tasks/restoration/restoration-state.js';
import { restorationTask } from '../../../src/tasks/restoration/restoration-task.js';
import { ssim } from '../../../src/tasks/restoration/ssim.js';
import { createPrng } from '../../../src/statistics/prng.js';
import { npyArray, temporaryFolder } from '../../formats/write-files.js';

/** Bytes by a linear congruential generator, as an independent implementation made them, too. */
function bytesOf(seed: bigint, count: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 1103515245n + 12345n) % 2147483648n;
    return Number((state / 65536n) % 256n);
  });
}

function roundHalfEven(value: number): number {
  return value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}

const [HEIGHT, WIDTH] = [14, 17];
const SIZE = HEIGHT * WIDTH;
/** Of three channels, and the same disturbed. */
const CLEAN = bytesOf(1n, 3 * SIZE);
const NOISE = bytesOf(2n, 3 * SIZE);
const NOISY = CLEAN.map((value, place) => roundHalfEven(value * 0.7 + NOISE[place]! * 0.3));

function taskOf(settings: Partial<RestorationTask> & { readonly truth: string }): RestorationTask {
  return locateRestoration(z.object(restorationSettings).parse({ bootstrap: 1, ...settings }), '/');
}

function contextOf(sampleCount: number, names: readonly string[] | null = null): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount, names };
}

function batch(first: number, data: ArrayLike<number>, dims: readonly number[]): SampleBatch {
  const outputs = [{ name: 'output', data: Float32Array.from(data), dims }];
  return { first, count: dims[0]!, outputs, reference: null, origins: null };
}

async function evaluate(task: RestorationTask, context: MetricContext, ...batches: readonly SampleBatch[]) {
  const metric = createRestoration(task, context);
  for (const each of batches) await metric.add(each);
  return (await metric.finish()).evaluation;
}

async function valuesOf(...given: Parameters<typeof evaluate>) {
  const { accuracies } = await evaluate(...given);
  return Object.fromEntries(accuracies.map(({ metric, value }) => [metric, value]));
}

function arrayOf(pictures: ArrayLike<number>, shape: readonly number[]): string {
  return temporaryFolder()('truth.npy', npyArray('<f4', shape, Float32Array.from(pictures)));
}

/** Window by window, as the paper has it. */
function literally(one: Float64Array, other: Float64Array, height: number, width: number): number {
  const weights = Array.from({ length: 121 }, (_, at) =>
    Math.exp(-(((at % 11) - 5) ** 2 + (Math.floor(at / 11) - 5) ** 2) / (2 * 1.5 ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const values: number[] = [];
  for (let top = 0; top + 11 <= height; top += 1) {
    for (let left = 0; left + 11 <= width; left += 1) {
      const over = (pick: (x: number, y: number) => number): number =>
        weights.reduce((total, weight, at) => {
          const place = (top + Math.floor(at / 11)) * width + left + (at % 11);
          return total + (weight / sum) * pick(one[place]!, other[place]!);
        }, 0);
      const [mx, my] = [over((x) => x), over((_, y) => y)];
      const [sxx, syy] = [over((x) => (x - mx) ** 2), over((_, y) => (y - my) ** 2)];
      const sxy = over((x, y) => (x - mx) * (y - my));
      const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
      values.push(((2 * mx * my + c1) * (2 * sxy + c2)) / ((mx ** 2 + my ** 2 + c1) * (sxx + syy + c2)));
    }
  }
  return values.reduce((a, b) => a + b, 0) / values.length;
}

describe('SSIM', () => {
  it('is what windows of 11 x 11 give one by one', () => {
    const [one, other] = [CLEAN.subarray(0, SIZE), NOISY.subarray(0, SIZE)];
    const found = ssim(one, other, HEIGHT, WIDTH, 255);
    expect(found).toBeCloseTo(literally(one, other, HEIGHT, WIDTH), 12);
    // By scipy's gaussian_filter(sigma 1.5, truncate 3.5) with 5 pixels of the border cut.
    expect(found).toBeCloseTo(0.8864730265551628, 12);
  });

  it('of equal planes is 1, does not hang on the range, and of small ones there is none', () => {
    const plane = CLEAN.subarray(0, SIZE);
    expect(ssim(plane, plane, HEIGHT, WIDTH, 255)).toBeCloseTo(1, 14);
    const [one, other] = [plane.map((value) => value / 255), NOISY.subarray(0, SIZE).map((value) => value / 255)];
    expect(ssim(one, other, HEIGHT, WIDTH, 1)).toBeCloseTo(0.8864730265551628, 9);
    expect(ssim(plane, plane, 10, 20, 255)).toBeNaN();
    expect(ssim(plane, plane, 11, 11, 255)).toBeCloseTo(1, 14);
  });
});

describe('restoration', () => {
  it('gives the PSNR and SSIM of an independent implementation, of colours and of luma', async () => {
    const truth = arrayOf(CLEAN, [1, 3, HEIGHT, WIDTH]);
    const output = batch(0, NOISY, [1, 3, HEIGHT, WIDTH]);
    const all = await valuesOf(taskOf({ truth, range: 255 }), contextOf(1), output);
    expect(all['psnr']).toBeCloseTo(18.567255911760068, 10);
    expect(all['ssim']).toBeCloseTo(0.8868213627923218, 12);
    const luma = await valuesOf(taskOf({ truth, range: 255, channel: 'y' }), contextOf(1), output);
    expect(luma['psnr']).toBeCloseTo(23.105530914905515, 10);
    expect(luma['ssim']).toBeCloseTo(0.8717771136415104, 12);
    // The same on 0..1, channels last, and with the colours the other way round.
    const turned = (values: Float64Array): Float64Array =>
      Float64Array.from(values, (_, place) => values[(2 - (place % 3)) * SIZE + Math.floor(place / 3)]! / 255);
    const other = await valuesOf(
      taskOf({
        ...{ truth: arrayOf(turned(CLEAN), [1, HEIGHT, WIDTH, 3]), channel: 'y' },
        ...{ layout: 'channelsLast', channelOrder: 'bgr' },
      }),
      contextOf(1),
      batch(0, turned(NOISY), [1, HEIGHT, WIDTH, 3]),
    );
    expect(other['psnr']).toBeCloseTo(23.105530914905515, 4);
  });

  it('means PSNR over pictures, not over their errors, and caps that of identical ones', async () => {
    // Errors of 0.1 and 0.01 everywhere: 20 and 40 dB.
    const truth = arrayOf(new Float64Array(12).fill(0.5), [3, 1, 2, 2]);
    const data = [
      ...new Array<number>(4).fill(0.6),
      ...new Array<number>(4).fill(0.51),
      ...new Array<number>(4).fill(0.5),
    ];
    const { accuracies, outcomes } = await evaluate(
      taskOf({ truth, bootstrap: 50 }),
      contextOf(3),
      batch(0, data, [3, 1, 2, 2]),
    );
    expect(accuracies.map(({ metric }) => metric)).toEqual(['psnr', 'capped']);
    expect(accuracies[0]!.value).toBeCloseTo((20 + 40 + 100) / 3, 4);
    expect(accuracies[1]!.value).toBe(1);
    expect(outcomes.map(({ metric, kind, count }) => [metric, kind, count])).toEqual([
      ['psnr', 'bootstrap', 50],
      ['psnr', 'values', 3],
    ]);
    const values = [...new Float64Array(outcomes[1]!.data.slice().buffer)];
    expect(values.map((value) => value.toFixed(3))).toEqual(['20.000', '40.000', '100.000']);
    const capped = await valuesOf(taskOf({ truth, cap: 30 }), contextOf(3), batch(0, data, [3, 1, 2, 2]));
    expect(capped).toMatchObject({ capped: 2 });
    expect(capped['psnr']).toBeCloseTo((20 + 30 + 30) / 3, 4);
  });

  it('rounds to 8 bits, half to even, and clamps, where it is asked to', async () => {
    const truth = arrayOf([0, 10, 12, 255], [1, 1, 2, 2]);
    const output = batch(0, [-3, 10.5, 11.5, 300], [1, 1, 2, 2]);
    const settings = { truth, range: 255 } as const;
    expect(await valuesOf(taskOf({ ...settings, round: true }), contextOf(1), output)).toEqual({
      psnr: 100,
      capped: 1,
    });
    const raw = await valuesOf(taskOf(settings), contextOf(1), output);
    expect(raw['psnr']).toBeCloseTo(10 * Math.log10(255 ** 2 / ((9 + 0.25 + 0.25 + 45 ** 2) / 4)), 10);
  });

  it('leaves out the border', async () => {
    const truth = arrayOf(new Float64Array(16), [1, 1, 4, 4]);
    const data = Array.from({ length: 16 }, (_, place) => ([5, 6, 9, 10].includes(place) ? 0.1 : 1));
    const output = batch(0, data, [1, 1, 4, 4]);
    expect((await valuesOf(taskOf({ truth, crop: 1 }), contextOf(1), output))['psnr']).toBeCloseTo(20, 5);
    await expect(valuesOf(taskOf({ truth, crop: 2 }), contextOf(1), output)).rejects.toThrow('more than 4 pixels');
  });

  it('is the same however samples are split, and leaves small pictures out of SSIM alone', async () => {
    const random = createPrng(4);
    const pictures = Float64Array.from({ length: 6 * 144 }, () => random.nextBelow(256) / 255);
    const outputs = pictures.map((value) => value + random.nextBelow(100) / 1000);
    const truth = arrayOf(pictures, [6, 1, 12, 12]);
    const task = taskOf({ truth, bootstrap: 10 });
    const whole = createRestoration(task, contextOf(6));
    await whole.add(batch(0, outputs, [6, 1, 12, 12]));
    const parts = [0, 1].map(() => createRestoration(task, contextOf(6)));
    for (const first of [4, 0, 2]) {
      const own = outputs.subarray(first * 144, (first + 2) * 144);
      await parts[(first / 2) % 2]!.add(batch(first, own, [2, 1, 12, 12]));
    }
    const merged = mergeRestorationStates(parts.map((part) => structuredClone(part.state())));
    expect(finishRestoration(task, contextOf(6), merged)).toEqual(await whole.finish());

    const some = { ...merged, ssim: merged.ssim.map((value, sample) => (sample === 0 ? NaN : value)) };
    const [, similarity] = finishRestoration(task, contextOf(6), some).evaluation.accuracies;
    expect(similarity!.value).toBeCloseTo(merged.ssim.subarray(1).reduce((a, b) => a + b, 0) / 5, 12);
  });

  it('reads pictures of a folder by name, in colour or grey as the output is', async () => {
    const write = temporaryFolder();
    const pixels = Uint8Array.from({ length: 2 * 2 * 3 }, (_, place) => place * 20);
    const raw = { width: 2, height: 2, channels: 3 } as const;
    const path = write('clean/a.png', await sharp(pixels, { raw }).png().toBuffer());
    const task = taskOf({ truth: dirname(path) });
    const planes = [0, 1, 2].flatMap((channel) => [0, 1, 2, 3].map((pixel) => pixels[pixel * 3 + channel]! / 255));
    const context = contextOf(1, ['a.jpg']);
    expect(await valuesOf(task, context, batch(0, planes, [1, 3, 2, 2]))).toEqual({ psnr: 100, capped: 1 });
    const grey = [0, 1, 2, 3].map((pixel) => {
      const [red, green, blue] = [0, 1, 2].map((channel) => pixels[pixel * 3 + channel]!);
      return Math.round(0.299 * red! + 0.587 * green! + 0.114 * blue!) / 255;
    });
    expect(await valuesOf(task, context, batch(0, grey, [1, 1, 2, 2]))).toEqual({ psnr: 100, capped: 1 });
    await expect(valuesOf(task, context, batch(0, grey, [1, 4, 1, 1]))).rejects.toThrow('1 or 3 channels');
    await expect(valuesOf(task, context, batch(0, grey, [1, 1, 1, 4]))).rejects.toThrow('1 x 4 pixels');
    expect(
      await restorationTask.inspect!(task, {
        ...{ sampleCount: 1, names: ['a.jpg'], sampleShape: [3, 2, 2], outputs: [] },
      }),
    ).toEqual([
      `1 picture found in ${dirname(path)} by name, a.png for a.jpg`,
      'The first is 2 x 2 (height x width) of 3 channels. Outputs from 0 to 1 are compared not rounded, 0 pixels along each border left out',
    ]);
  });

  it('compares what a crop or padding leaves of the picture, also after enlarging', async () => {
    const write = temporaryFolder();
    // Truth of 4 x 8; the sample is columns 1 and 2 of a picture of 2 x 4, and a row of padding.
    const pixels = Uint8Array.from({ length: 32 }, (_, place) => place * 8);
    const raw = { width: 8, height: 4, channels: 1 } as const;
    const bytes = await sharp(pixels, { raw }).toColourspace('b-w').png().toBuffer();
    const truth = dirname(write('clean/a.png', bytes));
    const output = Array.from({ length: 24 }, (_, place) => {
      const [row, column] = [Math.floor(place / 4), place % 4];
      return row < 4 ? pixels[row * 8 + column + 2]! / 255 : 0.5;
    });
    const placement = { scaleX: 1, scaleY: 1, left: -1, top: 0 };
    const origin: SampleOrigin = { name: 'a.jpg', size: [2, 4], placement };
    const context = { ...contextOf(1, ['a.jpg']), sampleShape: [1, 3, 2] };
    const found = { ...batch(0, output, [1, 1, 6, 4]), origins: [origin] };
    expect(await valuesOf(taskOf({ truth }), context, found)).toEqual({ psnr: 100, capped: 1 });
    const resized = [{ ...origin, placement: { ...placement, scaleX: 2 } }];
    await expect(valuesOf(taskOf({ truth }), context, { ...found, origins: resized })).rejects.toThrow(
      'got a.jpg, which is resized as well',
    );
    const wrong = [{ ...origin, size: [3, 4] as const }];
    await expect(valuesOf(taskOf({ truth }), context, { ...found, origins: wrong })).rejects.toThrow(
      '2 times as large',
    );
  });

  it('fails on what is not finite by the sample', async () => {
    const task = taskOf({ truth: arrayOf([0, 0, 0, 0], [2, 1, 1, 2]) });
    const output = batch(0, [0, 0, Infinity, 0], [2, 1, 1, 2]);
    await expect(valuesOf(task, contextOf(2), output)).rejects.toThrow('got Infinity (output, sample 1)');
  });
});

describe('the shape of the output', () => {
  const misfit = (settings: Partial<RestorationTask>, dims: readonly (number | null)[]) =>
    restorationTask.misfit(taskOf({ truth: '/t', ...settings }), [{ name: 'y', dims }], {
      rows: null,
      groundTruth: null,
    });

  it('is that of pictures', () => {
    expect(misfit({}, [null, 3, null, null])).toBeNull();
    expect(misfit({}, [1, 64, 64])).toBeNull();
    expect(misfit({ layout: 'channelsLast' }, [1, 64, 64, 3])).toBeNull();
    expect(misfit({}, [1, 64, 64, 3])?.advice).toContain('channelsLast');
    expect(misfit({ channel: 'y' }, [1, 4, 64, 64])?.advice).toContain('task.channel');
    expect(misfit({}, [1, 1000])?.advice).toContain('fidelity');
  });
});

it('the divergence is the squared error over the power of FP32', () => {
  const of = (...data: number[]) => [{ name: 'y', data: Float32Array.from(data), dims: [1, 1, 1, 2] }];
  expect(restorationTask.divergence(taskOf({ truth: '/t' }), of(3, 4), of(3, 5))).toBeCloseTo(1 / 25, 12);
});
