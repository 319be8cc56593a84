import { describe, expect, it } from 'vitest';
import { PreciseSums } from '../../src/statistics/precise-sums.js';
import type { JobResults } from '../../src/engine/jobs/jobs.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { sampleRuns } from '../../src/engine/batching/sample-runs.js';
import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { everyLayer } from '../quantize/preparations.js';
import { jobModel, observeJob, oneThread, temporaryFiles, trialJob } from '../engine/small-experiment.js';

const SAMPLES = 11;
const write = temporaryFiles();
const source = {
  format: 'npy',
  path: write('x.npy', npyArray('<f4', [SAMPLES, 3, 9, 9], randomFloats(5, SAMPLES * 243))),
  labels: null,
  groundTruth: null,
} as const;

/**
 * Patches, tokens, a matrix for each token, their mean, a head: widths that no vector instruction
 * divides.
 */
const transformerLike: ModelSpec = {
  nodes: [
    node('Conv', ['x', 'k'], 'patches', [intsAttribute('strides', [3, 3])], 'patch'),
    node('Reshape', ['patches', 'flat'], 'rows'),
    node('Transpose', ['rows'], 'tokens', [intsAttribute('perm', [0, 2, 1])]),
    node('MatMul', ['tokens', 'w1'], 'wide', [], 'mlp1'),
    node('Relu', ['wide'], 'active'),
    node('MatMul', ['active', 'w2'], 'narrow', [], 'mlp2'),
    node('Add', ['narrow', 'tokens'], 'sum'),
    node('ReduceMean', ['sum'], 'pooled', [intsAttribute('axes', [1]), intAttribute('keepdims', 0)]),
    node('Gemm', ['pooled', 'w3'], 'y', [], 'head'),
  ],
  inputs: [value('x', ['N', 3, 9, 9])],
  initializers: [
    tensor('k', [13, 3, 3, 3], randomFloats(1, 351)),
    int64Tensor('flat', [0, 13, -1]),
    tensor('w1', [13, 27], randomFloats(2, 351)),
    tensor('w2', [27, 13], randomFloats(3, 351)),
    tensor('w3', [13, 7], randomFloats(4, 91)),
  ],
};

describe('45: the batch size of the evaluation', () => {
  it.each([1, 2, 3, 5, 11])('%i gives the bits of batches of four', async (batchSize) => {
    const model = jobModel(write('net.onnx', modelBytes(transformerLike)));
    const { value: observed } = await runJob(observeJob(model, source, { endBatch: 3 }), oneThread, () => undefined);
    const observation = (observed as JobResults['observe']).at(-1)!;
    const trial = async (size: number): Promise<unknown> => {
      const job = trialJob(model, source, observation, {
        batchSize: size,
        lossSamples: SAMPLES,
        correctionSamples: 7,
      });
      const settings = {
        ...job.settings,
        task: { kind: 'fidelity', bootstrap: 20 } as const,
        layers: everyLayer('Conv', 'Gemm', 'MatMul'),
      };
      return (await runJob({ ...job, settings }, oneThread, () => undefined)).value;
    };
    expect(await trial(batchSize)).toEqual(await trial(4));
  });

  it('never makes a run of one row, which the runtime rounds otherwise, where the batch is free', () => {
    const free = { fixed: null, least: 2, most: null };
    expect(sampleRuns({ first: 3, count: 5, batchSize: 1 }, free)).toEqual([
      { first: 3, samples: 2, rows: 2 },
      { first: 5, samples: 2, rows: 2 },
      { first: 7, samples: 1, rows: 2 },
    ]);
  });

  it('is filled evenly where it is fixed', () => {
    const fixed = { fixed: 8, least: 1, most: null };
    expect(sampleRuns({ first: 0, count: 15, batchSize: 3 }, fixed)).toEqual([
      { first: 0, samples: 8, rows: 8 },
      { first: 8, samples: 4, rows: 8 },
      { first: 12, samples: 2, rows: 8 },
      { first: 14, samples: 1, rows: 8 },
    ]);
  });

  it('does not show in sums, whose order and grouping it decides', () => {
    // Magnitudes over 36 decades, so that float64 would lose most of the small ones.
    const values = randomFloats(9, 6000, (i) => 10 ** ((i % 37) - 18));
    const sumOf = (size: number): number => {
      const total = new PreciseSums(1);
      for (let at = 0; at < values.length; at += size) {
        const own = new PreciseSums(1);
        own.addRows(values.subarray(at, at + size));
        total.addScaled(own, Math.min(size, values.length - at), size);
      }
      return total.value(0);
    };
    const expected = sumOf(1);
    for (const size of [2, 3, 4, 5, 8, 16, 6000]) expect(sumOf(size)).toBe(expected);
    const cents = new PreciseSums(1);
    cents.addRows(Float64Array.of(1e16, 1, -1e16));
    expect(cents.value(0)).toBe(1);
    const third = new PreciseSums(1);
    third.addScaled(cents, 2, 3);
    expect(third.value(0)).toBe(2 / 3);
  });
});
