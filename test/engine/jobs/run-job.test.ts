import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coarseHistograms } from '../../../src/calibrate/histograms/coarse-histograms.js';
import { calibrationDetail } from '../../../src/calibrate/histograms/histogram-detail.js';
import { countedValues } from '../../../src/calibrate/histograms/channel-histogram.js';
import { mergeObservations } from '../../../src/calibrate/merge-observations.js';
import { finishTask, mergeMetricStates } from '../../../src/tasks/task-metric.js';
import type { LayerLossRecord } from '../../../src/records/loss-record.js';
import type { ObservationRecord } from '../../../src/records/observation-record.js';
import type { TrialRecord } from '../../../src/records/trial-record.js';
import { foldBatchNorm } from '../../../src/onnx/folding/fold-batch-norm.js';
import { modelBytes } from '../../onnx/build-model.js';
import type { Job, JobResults } from '../../../src/engine/jobs/jobs.js';
import type { SearchJob } from '../../../src/engine/jobs/search/search-job.js';
import { readModelFile } from '../../../src/engine/session/model-file.js';
import { failureOf } from '../../../src/engine/failure-of.js';
import { runJob } from '../../../src/engine/jobs/run-job.js';
import { RuntimeError } from '../../../src/engine/session/session.js';
import { npyArray } from '../../formats/write-files.js';
import { layersOf } from '../../onnx/build-model.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import {
  asStored,
  jobModel,
  observeJob,
  oneThread,
  SAMPLES,
  smallNetwork,
  temporaryFiles,
  trialJob,
  writeModel,
  writeSamples,
} from '../small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);
const free = writeModel(write, 'N');
const fixed = writeModel(write, 4);

async function run<K extends Job['kind']>(job: Extract<Job, { kind: K }>): Promise<JobResults[K]> {
  const { value } = await runJob(job, oneThread, () => undefined);
  return value as JobResults[K];
}

const observe = (changes = {}, model = free) => run<'observe'>(observeJob(model, source, changes));
const lastOf = (records: readonly ObservationRecord[]): ObservationRecord => records[records.length - 1]!;

/** Equal but for the order in which float32 sums were taken. */
function expectSameLosses(actual: readonly LayerLossRecord[], expected: readonly LayerLossRecord[]): void {
  expect(actual.map((l) => [l.layer, l.mode])).toEqual(expected.map((l) => [l.layer, l.mode]));
  for (const [i, loss] of actual.entries()) {
    for (const name of ['l1', 'relL1', 'mse', 'sqnrDb', 'cosine', 'maxAbs'] as const) {
      expect(Math.abs(loss[name]! / expected[i]![name]! - 1), `${loss.layer} ${loss.mode} ${name}`).toBeLessThan(1e-6);
    }
  }
}

describe('an observe job', () => {
  it('gives the statistics of the first samples at each snapshot', async () => {
    const records = await observe();
    expect(records.map((r) => [r.batches, r.samples])).toEqual([
      [1, 3],
      [2, 6],
      [5, 15],
    ]);
    const { model: folded } = foldBatchNorm(readModelFile(free.path).model);
    const data = randomFloats(7, SAMPLES * 108, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!);
    for (const { samples, inputs } of records) {
      const x = { data: data.slice(0, samples * 108), dims: [samples, 3, 6, 6] };
      const expected = await observeDirectly(folded, layersOf(folded), x);
      for (const actual of inputs) {
        const wanted = expected.get(actual.layer)!;
        expect(actual.layer === 'first' ? actual.absmax : actual.absmax.length).toEqual(
          actual.layer === 'first' ? wanted.absmax : wanted.absmax.length,
        );
        for (const [c, v] of wanted.absmax.entries()) expect(actual.absmax[c]).toBeCloseTo(v, 4);
        for (const [c, v] of wanted.absmaxView!.entries()) expect(actual.absmaxView![c]).toBeCloseTo(v, 4);
      }
    }
  });

  it('gives the same whether the range is observed at once or in parts', async () => {
    const whole = await observe({ snapshots: [1, 2, 3, 4] });
    const first = await observe({ snapshots: [1, 2, 3, 4], endBatch: 2 });
    const second = await observe({ snapshots: [1, 2, 3, 4], firstBatch: 2 });
    expect(mergeObservations([first, second], [1, 2, 3, 4, 5])).toEqual(whole);
  });

  it('gives histograms that count every value once, at the sizes that ask for them', async () => {
    const records = await observe({ snapshots: [1, 2, 3], histograms: [2] });
    expect(records.map((r) => r.inputs.map(({ histograms }) => histograms !== null))).toEqual([
      [false, false, false],
      [true, true, true],
      [false, false, false],
      // The end of a part is what later parts are joined to.
      [true, true, true],
    ]);
    // Inputs of 3x6x6, 4x6x6 and 5 numbers a sample.
    const counted = records[3]!.inputs.map(({ histograms }) => countedValues(histograms!));
    expect(counted).toEqual([108, 144, 5].map((values) => values * 15));
    expect(records[3]!.inputs.map(({ histograms }) => histograms!.negative !== null)).toEqual([true, false, false]);
  });

  it('gives the same histograms and amax whether the range is observed at once or in parts', async () => {
    const asked = { snapshots: [1, 2, 3, 4], histograms: [3, 5] };
    const whole = mergeObservations([await observe(asked)], [1, 2, 3, 4, 5], [3, 5]);
    const parts = [
      await observe({ ...asked, endBatch: 2 }),
      await observe({ ...asked, firstBatch: 2, endBatch: 4 }),
      await observe({ ...asked, firstBatch: 4 }),
    ];
    expect(mergeObservations(parts, [1, 2, 3, 4, 5], [3, 5])).toEqual(whole);
    for (const { batches, inputs } of whole) {
      for (const { histograms, histogramAmax, absmax } of inputs) {
        expect(histograms !== null).toBe(batches === 3 || batches === 5);
        const largest = Math.max(...absmax);
        for (const amax of Object.values(histogramAmax!)) {
          expect(amax).toBeGreaterThan(largest / 16);
          expect(amax).toBeLessThanOrEqual(largest);
        }
      }
    }
  });

  it('does not count the padding of a model with a fixed batch', async () => {
    const asked = { snapshots: [], histograms: [5] };
    const [free5] = await observe(asked);
    const [fixed5] = await observe(asked, fixed);
    expect(fixed5!.inputs.map(({ histograms }) => countedValues(histograms!))).toEqual(
      free5!.inputs.map(({ histograms }) => countedValues(histograms!)),
    );
    expect(fixed5!.inputs[0]).toEqual(free5!.inputs[0]);
  });

  it.each([
    ['free', free],
    ['fixed', fixed],
  ])('counts the first samples to look at, and nothing else is different: %s batch', async (_, model) => {
    const samples = 7;
    const plain = await observe({}, model);
    const looked = await observe({ displaySamples: 7 }, model);
    const { display, ...last } = lastOf(looked);
    expect([...looked.slice(0, -1), last]).toEqual(plain);
    expect(display!.samples).toBe(samples);
    const layers = display!.inputs.map(({ layer, histograms }) => [layer, countedValues(histograms)]);
    expect(layers).toEqual(last.inputs.map(({ layer }, i) => [layer, [108, 144, 5][i]! * samples]));
    expect(mergeObservations([looked], [1, 2, 5])).toEqual(plain);
    // The same values as in the histograms of a pass of so many samples, in bins eight times as
    // wide.
    const [whole] = await observe({ batchSize: samples, endBatch: 1, snapshots: [], histograms: [1] }, free);
    expect(display!.inputs.map(({ histograms }) => histograms)).toEqual(
      whole!.inputs.map(({ histograms, min }) => coarseHistograms(histograms!, calibrationDetail(min.length).finer)),
    );
  });

  it('is not changed by the padding of a model with a fixed batch', async () => {
    expect(await observe({}, fixed)).toEqual(await observe());
  });

  it('names the layer whose input is not finite', async () => {
    const data = randomFloats(1, 3 * 108);
    data[200] = 3e38; // Finite, but not any more behind the first layer.
    const huge = {
      ...source,
      path: write('huge.npy', npyArray('<f4', [3, 3, 6, 6], data)),
      labels: null,
    } as typeof source;
    await expect(run<'observe'>(observeJob(free, huge, { endBatch: 1 }))).rejects.toThrow(
      'the input of layer "second"',
    );
  });

  it('reports its progress up to the whole', async () => {
    const seen: number[][] = [];
    await runJob(observeJob(free, source), oneThread, (done, total) => seen.push([done, total]));
    expect(seen).toEqual([
      [3, 15],
      [6, 15],
      [9, 15],
      [12, 15],
      [15, 15],
    ]);
  });
});

describe('a reference job', () => {
  const reference = (model: typeof free, first: number, count: number) =>
    run<'reference'>({
      kind: 'reference',
      model,
      preprocess: asStored,
      evaluation: { source, batchSize: 8, samples: 'all' },
      task: { kind: 'classification' },
      first,
      count,
      samples: SAMPLES,
    });

  it('gives the same on a model with a fixed batch, which pads the last one', async () => {
    expect(await reference(fixed, 0, SAMPLES)).toEqual(await reference(free, 0, SAMPLES));
  });

  it('may be done in parts', async () => {
    const context = { labels: new Int32Array(SAMPLES), groundTruth: null, referenceArgmax: null, sampleCount: SAMPLES };
    const task = { kind: 'classification' } as const;
    const parts = mergeMetricStates([await reference(fixed, 10, SAMPLES - 10), await reference(free, 0, 10)]);
    const whole = await reference(free, 0, SAMPLES);
    const { signal } = new AbortController();
    expect(await finishTask(task, context, parts, signal)).toEqual(await finishTask(task, context, whole, signal));
  });
});

describe('a trial job', () => {
  const trial = async (changes: Parameters<typeof trialJob>[3], model = free): Promise<TrialRecord> =>
    (await run<'trial'>(trialJob(model, source, lastOf(await observe()), changes))) as TrialRecord;

  it('gives the same again', async () => {
    expect(await trial({})).toEqual(await trial({}));
  });

  it.each([1, 3])('gives the same at batch size %i', async (batchSize) => {
    const expected = await trial({ batchSize: 8 });
    const actual = await trial({ batchSize });
    expectSameLosses(actual.losses, expected.losses);
    expect(actual.gate!.maxRelativeError).toBeCloseTo(expected.gate!.maxRelativeError, 6);
    expect({ ...actual, losses: null, gate: null }).toEqual({ ...expected, losses: null, gate: null });
  });

  it('gives the same on a model with a fixed batch', async () => {
    const expected = await trial({ lossSamples: 8 });
    const { losses, evaluation } = await trial({ lossSamples: 8 }, fixed);
    expectSameLosses(losses, expected.losses);
    expect(evaluation).toEqual(expected.evaluation);
  });

  it('measures losses on all samples where a fixed batch, not full in the end, feeds a Gemm', async () => {
    const { losses, lossSamples } = await trial({ lossSamples: 10 }, fixed);
    expect(lossSamples).toBe(10);
    expect(losses).toEqual((await trial({ lossSamples: 10 })).losses);
  });

  it('measures every layer in both modes, the folded one under its own name', async () => {
    const { losses, lossSamples, quantizers, smoothing, gate, evaluation } = await trial({});
    const names = ['first', 'second', 'classifier'];
    expect(losses.map((l) => `${l.layer} ${l.mode}`)).toEqual(
      names.flatMap((n) => [`${n} accumulated`, `${n} isolated`]),
    );
    expect(quantizers.map((q) => `${q.layer} ${q.role}`)).toEqual(names.flatMap((n) => [`${n} input`, `${n} weight`]));
    expect(smoothing.map((s) => [s.layer, s.alpha, s.apply])).toEqual(names.map((n) => [n, 0.5, 'insert']));
    expect(lossSamples).toBe(10);
    expect(gate!.samples).toBe(5);
    expect(evaluation.samples).toBe(SAMPLES);
    for (const loss of losses) expect(loss.l1).toBeGreaterThan(0);
  });

  it('takes the alpha of each layer from the search when it is dynamic', async () => {
    const alphas = new Map([
      ['first', 0.1],
      ['second', 0.5],
      ['classifier', 0.9],
    ]);
    const { smoothing } = await trial({ alphas });
    expect(smoothing.map((s) => s.alpha)).toEqual([0.1, 0.5, 0.9]);
  });

  it('does not smooth when the mode is none', async () => {
    const { smoothing } = await trial({ alpha: null });
    expect(smoothing.map((s) => [s.alpha, s.apply, [...new Set(s.s)]])).toEqual(new Array(3).fill([null, 'none', [1]]));
  });

  it('fails when the smoothed float model misses the gate', async () => {
    await expect(trial({ tolerance: 1e-12 })).rejects.toThrow(
      /^Expected the smoothed float model to reproduce FP32 within 1e-12 .*alpha 0\.5/,
    );
  });

  it('fails with the number when statistics are of another model', async () => {
    const observation = lastOf(await observe());
    const none = { ...observation, inputs: observation.inputs.slice(1) };
    await expect(run<'trial'>(trialJob(free, source, none))).rejects.toThrow('no statistics for layer "first"');
  });
});

describe('a search job', () => {
  it('gives each candidate the isolated loss of the trial at that alpha on the same samples', async () => {
    const observation = lastOf(await observe());
    const { settings } = trialJob(free, source, observation);
    const job: SearchJob = {
      kind: 'search',
      model: free,
      preprocess: asStored,
      calibration: { source, batchSize: 3, batches: 5, sampleSeed: null },
      layers: settings.layers!,
      quantization: settings.quantization!,
      smoothing: { mode: 'dynamic', alpha: null, absmax: 'channel', apply: 'insert' },
      task: { kind: 'classification' },
      search: { candidates: [0.2, 0.7], samples: 10, objective: 'l1', order: 'isolated', ties: 'smaller', sweeps: 0 },
      candidates: [0.2, 0.7],
      observation,
      moments: null,
    };
    for (const model of [free, fixed]) {
      const result = await run<'search'>({ ...job, model });
      const points = result.kind === 'losses' ? result.points : [];
      expect(points).toHaveLength(6);
      for (const alpha of job.candidates) {
        const { losses } = await run<'trial'>(trialJob(model, source, observation, { alpha, lossSamples: 10 }));
        for (const { layer, l1, relL1 } of losses.filter((l) => l.mode === 'isolated')) {
          const point = points.find((p) => p.layer === layer && p.alpha === alpha)!;
          expect(Math.abs(point.loss / l1 - 1)).toBeLessThan(1e-6);
          expect(Math.abs(point.relL1! / relL1! - 1)).toBeLessThan(1e-6);
        }
      }
    }
  });
});

describe('any job', () => {
  it('refuses a model file that is not the one the sweep was planned with', async () => {
    const path = write('changing.onnx', modelBytes(smallNetwork('N')));
    const model = jobModel(path);
    writeFileSync(path, modelBytes({ ...smallNetwork('N'), opset: 12 }));
    await expect(run<'observe'>(observeJob(model, source))).rejects.toThrow('the model changed during the sweep');
  });

  it('refuses samples that do not fit the model', async () => {
    const wide = {
      ...source,
      path: write('wide.npy', npyArray('<f4', [3, 6, 6, 3], randomFloats(1, 324))),
      labels: null,
    } as typeof source;
    await expect(run<'observe'>(observeJob(free, wide, { endBatch: 1 }))).rejects.toThrow(
      'Expected samples of shape [3, 6, 6] for input "x", got [6, 6, 3].',
    );
  });

  it('says which provider ran and how long', async () => {
    const { execution } = await runJob(observeJob(free, source), oneThread, () => undefined);
    expect(execution.provider).toBe('CPUExecutionProvider');
    expect(execution.timings['run']).toBeGreaterThan(0);
  });

  it('probes the provider with a model of its own', async () => {
    const { value, execution } = await runJob({ kind: 'probe' }, oneThread, () => undefined);
    expect(execution.provider).toBe('CPUExecutionProvider');
    expect(value).toEqual({ onnxruntimeVersion: expect.stringMatching(/^\d+\.\d+/) as string });
  });
});

describe('failureOf', () => {
  it.each([
    ['Failed to allocate memory for requested buffer of size 4294967296', 'OutOfMemory'],
    ['std::bad_alloc', 'OutOfMemory'],
    ['CUDA failure 2: out of memory ; GPU=0', 'OutOfMemory'],
    ['CUDA failure 719: unspecified launch failure', 'DeviceLost'],
    ['WebGPU device lost (2): unknown', 'DeviceLost'],
  ])('takes %j for trouble that may pass', (words, errorClass) => {
    expect(failureOf(new RuntimeError('Running the model', new Error(words)))).toMatchObject({
      errorClass,
      message: `Running the model failed: ${words}`,
      retry: true,
      smallerBatches: errorClass === 'OutOfMemory',
    });
  });

  it('takes what else the runtime refuses for the fault of the model', () => {
    const cause = new Error("Non-zero status code returned while running Conv node. Name:'c' Status Message: shape");
    expect(failureOf(new RuntimeError('Running the model', cause))).toMatchObject({
      errorClass: 'RuntimeError',
      retry: false,
    });
  });

  it('keeps the class and words of an error, never worth another attempt', () => {
    expect(failureOf(new RangeError('too much'))).toEqual({
      errorClass: 'RangeError',
      message: 'too much',
      retry: false,
    });
    expect(failureOf('thrown text')).toEqual({ errorClass: 'UnknownError', message: 'thrown text', retry: false });
  });
});
