import { describe, expect, it } from 'vitest';
import { mergeMoments, momentsOfSums } from '../../../../src/calibrate/moments/moment-sums.js';
import type { JobResults } from '../../../../src/engine/jobs/jobs.js';
import type { MomentsJob } from '../../../../src/engine/jobs/moments/moments-job.js';
import { packSums, unpackSums } from '../../../../src/engine/jobs/moments/packed-sums.js';
import { runJob } from '../../../../src/engine/jobs/run-job.js';
import { momentsBatch } from '../../../../src/plan/estimate/estimate-memory.js';
import type { MomentsRecord } from '../../../../src/records/moments-record.js';
import { randomFloats } from '../../../onnx/pseudo-random.js';
import { asStored, oneThread, SAMPLES, temporaryFiles, writeModel, writeSamples } from '../../small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);
const free = writeModel(write, 'N');
const data = randomFloats(7, SAMPLES * 108, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!);

function job(first: number, end: number, more: Partial<MomentsJob> = {}): MomentsJob {
  const ops: MomentsJob['ops'] = ['Conv', 'Gemm'];
  return { kind: 'moments', model: free, preprocess: asStored, source, sampleSeed: null, ops, first, end, ...more };
}

async function run(work: MomentsJob, batchLimit: number | null = null): Promise<JobResults['moments']> {
  const { value } = await runJob(work, oneThread, () => undefined, { batchLimit, inputs: [] });
  return value as JobResults['moments'];
}

/**
 * Of the first layer, a 3x3 convolution of `[3, 6, 6]` with padding 1: every window written out,
 * and multiplied with itself.
 */
function literally(first: number, end: number): { readonly products: Float64Array; readonly means: Float64Array } {
  const products = new Float64Array((27 * 28) / 2);
  const means = new Float64Array(27);
  const positions = (end - first) * 36;
  for (let n = first; n < end; n++) {
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 6; x++) {
        const window: number[] = [];
        for (let c = 0; c < 3; c++) {
          for (const dy of [-1, 0, 1]) {
            for (const dx of [-1, 0, 1]) {
              const inside = y + dy >= 0 && y + dy < 6 && x + dx >= 0 && x + dx < 6;
              window.push(inside ? data[n * 108 + c * 36 + (y + dy) * 6 + x + dx]! : 0);
            }
          }
        }
        let at = 0;
        for (let i = 0; i < 27; i++) {
          means[i]! += window[i]! / positions;
          for (let j = 0; j <= i; j++) products[at++]! += (window[i]! * window[j]!) / positions;
        }
      }
    }
  }
  return { products, means };
}

function expectClose(actual: Float64Array, expected: Float64Array): void {
  expect(actual).toHaveLength(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-6 * largest);
}

const momentsOf = async (first: number, end: number): Promise<MomentsRecord> =>
  momentsOfSums(unpackSums(await run(job(first, end))));

describe('a moments job', () => {
  it('gives the moments of every layer over its samples', async () => {
    const { samples, layers } = await momentsOf(3, 19);
    expect(samples).toBe(16);
    expect(layers.map(({ layer, groups, columns, blockColumns }) => [layer, groups, columns, blockColumns])).toEqual([
      ['first', 1, 27, 27],
      ['second', 1, 36, 36],
      ['classifier', 1, 5, 5],
    ]);
    const expected = literally(3, 19);
    expectClose(layers[0]!.products, expected.products);
    expectClose(layers[0]!.means, expected.means);
    // Random numbers are not 0; what a Relu gives often is.
    expect([...layers[0]!.nonZeroShares]).toEqual([1, 1, 1]);
    for (const share of layers[1]!.nonZeroShares) expect(share).toBeGreaterThan(0);
    expect(Math.min(...layers[1]!.nonZeroShares)).toBeLessThan(1);
  });

  it('is of no other operators than it names', async () => {
    const { layers } = momentsOfSums(unpackSums(await run(job(3, 19, { ops: ['Gemm'] }))));
    expect(layers).toEqual((await momentsOf(3, 19)).layers.slice(2));
  });

  it('reports every run, to the end', async () => {
    const told: (readonly [number, number])[] = [];
    await runJob(job(1, 21), oneThread, (done, total) => told.push([done, total]));
    expect(told.at(-1)).toEqual([20, 20]);
  });

  it('gives the same bits whatever memory allows', async () => {
    expect(await run(job(0, 21), 2)).toEqual(await run(job(0, 21)));
  });

  it('gives sums that add up, whole ranges to what they make together', async () => {
    const parts = [await run(job(0, 8)), await run(job(8, 21))].map(unpackSums);
    const { samples, layers } = momentsOfSums(mergeMoments(parts));
    expect(samples).toBe(21);
    expectClose(layers[0]!.products, literally(0, 21).products);
    expect(packSums(mergeMoments(parts))).toEqual(packSums(mergeMoments(parts)));
  });

  it('fills the runs of a fixed batch with its own samples', async () => {
    const fixed = writeModel(write, 4);
    const { layers } = momentsOfSums(unpackSums(await run(job(0, 21, { model: fixed }))));
    const expected = literally(0, 21);
    expectClose(layers[0]!.products, expected.products);
    expectClose(layers[0]!.means, expected.means);
  });

  it('takes the samples in the order of the calibration', async () => {
    const ordered = momentsOfSums(unpackSums(await run(job(0, 21, { sampleSeed: 5 }))));
    const some = momentsOfSums(unpackSums(await run(job(0, 4, { sampleSeed: 5 }))));
    expectClose(ordered.layers[0]!.products, literally(0, 21).products);
    expect(Math.abs(some.layers[0]!.products[0]! - literally(0, 4).products[0]!)).toBeGreaterThan(1e-3);
  });

  it('packs sums without loss', async () => {
    const sums = unpackSums(await run(job(0, 5)));
    expect(unpackSums(packSums(sums))).toEqual(sums);
  });
});

describe('samples of a run', () => {
  it('follow from what a sample has', () => {
    expect([10, 3072, 27_648, 150_528, 1e9].map(momentsBatch)).toEqual([64, 64, 9, 1, 1]);
  });
});
