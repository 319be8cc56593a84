import { describe, expect, it } from 'vitest';
import { JobCaches } from '../../../../src/engine/jobs/job-caches.js';
import { openDataset } from '../../../../src/formats/open-dataset.js';
import type { ObservationRecord } from '../../../../src/records/observation-record.js';
import { applyEdits } from '../../../../src/onnx/edits/edits.js';
import type { OnnxModel } from '../../../../src/onnx/onnx-model.js';
import { prepareModel, type PreparedModel, type Preparation } from '../../../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../../../src/quantize/graph/quantized-graph.js';
import { openBatching } from '../../../../src/engine/batching/batching.js';
import { correctBiases } from '../../../../src/engine/jobs/trial/correct-biases.js';
import { PhaseClock } from '../../../../src/engine/jobs/phase-clock.js';
import type { Job, JobResults } from '../../../../src/engine/jobs/jobs.js';
import { loadModel } from '../../../../src/engine/session/load-model.js';
import { runJob } from '../../../../src/engine/jobs/run-job.js';
import { observeDirectly } from '../../../calibrate/observe-directly.js';
import { layersOf } from '../../../onnx/build-model.js';
import { randomFloats } from '../../../onnx/pseudo-random.js';
import { runModel } from '../../../onnx/run-model.js';
import { preparation } from '../../../quantize/preparations.js';
import {
  asStored,
  observeJob,
  oneThread,
  SAMPLES,
  temporaryFiles,
  trialJob,
  writeModel,
  writeSamples,
} from '../../small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);
const job = writeModel(write, 'N');
const caches = new JobCaches();
const loaded = loadModel(job, caches);
const layers = layersOf(loaded.folded);
const x = {
  data: randomFloats(7, SAMPLES * 108, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!),
  dims: [SAMPLES, 3, 6, 6],
};
const statistics = await observeDirectly(loaded.folded, layers, x);
const context = {
  session: oneThread,
  report: () => undefined,
  clock: new PhaseClock(),
  caches,
  batchLimit: null,
  inputs: [],
};

const prepared = (how: Preparation): PreparedModel => prepareModel(loaded.folded, layers, statistics, how);

async function correct(model: PreparedModel, samples = SAMPLES, mostBytes?: number): Promise<PreparedModel> {
  const dataset = await openDataset(source, asStored);
  try {
    const batching = await openBatching(loaded, dataset, source, context);
    return await correctBiases(loaded, model, { dataset, batching, samples, key: String(samples) }, context, mostBytes);
  } finally {
    dataset.close();
  }
}

/** Mean of each output channel of each layer over all samples, by plain loops. */
async function channelMeans(model: OnnxModel): Promise<ReadonlyMap<string, number[]>> {
  const tensors = layers.map((layer) => layer.outputTensor);
  const outputs = await runModel(applyEdits(model, [{ kind: 'setOutputs', tensors }]), { x }, 'all');
  return new Map(
    layers.map(({ name, outputTensor, outputChannels }) => {
      const { data } = outputs[outputTensor]!;
      const sums = new Array<number>(outputChannels).fill(0);
      const inner = data.length / SAMPLES / outputChannels;
      for (const [i, v] of data.entries()) sums[Math.floor(i / inner) % outputChannels]! += v;
      return [name, sums.map((sum) => sum / (inner * SAMPLES))];
    }),
  );
}

/** Largest mean error of a channel by layer, in FP32's units. */
async function meanErrors(model: PreparedModel): Promise<number[]> {
  const expected = await channelMeans(loaded.folded);
  const actual = await channelMeans(quantizedModel(model.base, model.layers));
  return model.layers.map(({ layer: { name }, outputFactors }) =>
    Math.max(...expected.get(name)!.map((v, c) => Math.abs(actual.get(name)![c]! * (outputFactors?.[c] ?? 1) - v))),
  );
}

const ways: Readonly<Record<string, Preparation>> = {
  unsmoothed: preparation(4, null, 'tensor'),
  inserted: preparation(4, 0.5, 'tensor'),
  folded: {
    ...preparation(4, 0.5, 'tensor'),
    smoothing: { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'fold' },
  },
  equalized: {
    ...preparation(4, null, 'tensor'),
    smoothing: { mode: 'cle', alpha: null, absmax: null, apply: 'fold' },
  },
};

describe('correctBiases', () => {
  it.each(Object.entries(ways))('leaves no mean error over the calibration samples: %s', async (_, how) => {
    const before = await meanErrors(prepared(how));
    const corrected = await correct(prepared(how));
    const after = await meanErrors(corrected);
    for (const [layer, error] of before.entries()) {
      expect(error).toBeGreaterThan(1e-2);
      expect(after[layer]).toBeLessThan(1e-4 * error + 1e-5);
    }
  });

  it('corrects a layer for what reaches it: without its predecessors an error comes back', async () => {
    const { base, layers: corrected } = await correct(prepared(ways['inserted']!));
    const [, , complete] = await meanErrors({ base, layers: corrected });
    const alone = corrected.map((layer, index) => (index === 2 ? layer : { ...layer, biasCorrection: null }));
    const [, , classifier] = await meanErrors({ base, layers: alone });
    expect(classifier! / complete!).toBeGreaterThan(100);
  });

  it('is the difference of the means over the first samples only', async () => {
    const few = await correct(prepared(ways['unsmoothed']!), 3);
    const all = await correct(prepared(ways['unsmoothed']!));
    const [a, b] = [few, all].map(({ layers: [first] }) => [...first!.biasCorrection!]);
    expect(a).not.toEqual(b);
    expect((await meanErrors(few))[0]).toBeGreaterThan(1e-4);
  });

  it.each(Object.keys(ways))('gives the same whether activations are kept or computed again: %s', async (way) => {
    const kept = await correct(prepared(ways[way]!));
    for (const mostBytes of [0, SAMPLES * 4 * 36 * 4]) {
      expect((await correct(prepared(ways[way]!), SAMPLES, mostBytes)).layers).toEqual(kept.layers);
    }
  });

  it('leaves the given prepared model as it was', async () => {
    const given = prepared(ways['folded']!);
    await correct(given);
    expect(given.layers.map(({ biasCorrection }) => biasCorrection)).toEqual([null, null, null]);
  });
});

describe('a trial job that corrects biases', () => {
  async function run<K extends Job['kind']>(own: Extract<Job, { kind: K }>): Promise<JobResults[K]> {
    const { value } = await runJob(own, oneThread, () => undefined);
    return value as JobResults[K];
  }
  const observation = async (): Promise<ObservationRecord> => (await run<'observe'>(observeJob(job, source))).at(-1)!;

  it.each([
    ['inserted', { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'insert' }],
    ['folded', { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'fold' }],
    ['equalized', { mode: 'cle', alpha: null, absmax: null, apply: 'fold' }],
  ] as const)('stores the corrections, which count in its losses: smoothing %s', async (_, smoothing) => {
    const observed = await observation();
    const plain = await run<'trial'>(trialJob(job, source, observed, { smoothing }));
    const corrected = await run<'trial'>(trialJob(job, source, observed, { smoothing, correctionSamples: 15 }));
    expect(plain.biasCorrections).toEqual([]);
    expect(corrected.biasCorrections.map(({ layer, correction }) => [layer, correction.length])).toEqual([
      ['first', 4],
      ['second', 5],
      ['classifier', 10],
    ]);
    expect(corrected.gate).toEqual(plain.gate);
    expect(corrected.quantizers).toEqual(plain.quantizers);
    for (const [index, loss] of corrected.losses.entries()) {
      expect(loss.l1, `${loss.layer} ${loss.mode}`).not.toBe(plain.losses[index]!.l1);
    }
    expect(corrected.outputDivergence).not.toBe(plain.outputDivergence);
  });

  it('says which layers fold and why others do not', async () => {
    const smoothing = { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'fold' } as const;
    const { smoothing: records, losses } = await run<'trial'>(
      trialJob(job, source, await observation(), { smoothing }),
    );
    expect(records.map(({ layer, apply, fallbackReason }) => [layer, apply, fallbackReason])).toEqual([
      ['first', 'insert', '"x" is made by no operator'],
      ['second', 'fold', null],
      ['classifier', 'fold', null],
    ]);
    for (const { layer, mode, relL1 } of losses) expect(relL1, `${layer} ${mode}`).toBeLessThan(0.6);
  });
});
