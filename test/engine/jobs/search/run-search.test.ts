import { describe, expect, it } from 'vitest';
import type { SearchRecord } from '../../../../src/records/search-record.js';
import type { SearchObjective, SearchSettings } from '../../../../src/experiment/sections/settings.js';
import type { Layer } from '../../../../src/onnx/layers/layers.js';
import { intAttribute } from '../../../../src/onnx/node.js';
import { int64Tensor } from '../../../../src/onnx/tensor.js';
import { prepareModel, type PreparedLayer } from '../../../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../../../src/quantize/graph/quantized-graph.js';
import { openJobDataset } from '../../../../src/engine/jobs/open-job-dataset.js';
import type { JobResults } from '../../../../src/engine/jobs/jobs.js';
import type { JobModel } from '../../../../src/engine/jobs/job-model.js';
import type { SearchJob } from '../../../../src/engine/jobs/search/search-job.js';
import { loadModel } from '../../../../src/engine/session/load-model.js';
import { JobCaches } from '../../../../src/engine/jobs/job-caches.js';
import { runJob } from '../../../../src/engine/jobs/run-job.js';
import { chooseAlphas } from '../../../../src/schedule/stage-parts.js';
import { activations } from '../../../calibrate/observe-directly.js';
import { modelBytes, node } from '../../../onnx/build-model.js';
import type { Floats } from '../../../onnx/run-model.js';
import { everyLayer, plainQuantization, preparation } from '../../../quantize/preparations.js';
import {
  asStored,
  jobModel,
  observeJob,
  oneThread,
  smallNetwork,
  temporaryFiles,
  writeModel,
  writeSamples,
} from '../../small-experiment.js';

const BITS = 4;
const SAMPLES = 10;
const candidates = [0, 0.2, 0.4, 0.6, 0.8, 1];
const write = temporaryFiles();
const caches = new JobCaches();
const model = writeModel(write, 'N');
const source = writeSamples(write);
const observed = await runJob(observeJob(model, source), oneThread, () => undefined);
const observation = (observed.value as JobResults['observe']).at(-1)!;
const { untouched, folded, layers: found, io } = loadModel(model, caches);
const layers = found.filter((layer) => layer.supported);
const statistics = new Map(observation.inputs.map((inputs) => [inputs.layer, inputs]));
const x: Floats = { data: new Float32Array(SAMPLES * 108), dims: [SAMPLES, 3, 6, 6] };
await (await openJobDataset(source, asStored, { session: oneThread, caches })).read(0, SAMPLES, x.data);

async function search(
  changes: Partial<SearchSettings>,
  onReport: (done: number, total: number) => void = () => undefined,
  searched = model,
): Promise<SearchRecord> {
  const settings: SearchSettings = {
    candidates,
    samples: SAMPLES,
    objective: 'l1',
    order: 'isolated',
    ties: 'smaller',
    sweeps: 0,
    ...changes,
  };
  const job: SearchJob = {
    kind: 'search',
    model: searched,
    preprocess: asStored,
    calibration: { source, batchSize: 3, batches: 5, sampleSeed: null },
    layers: everyLayer('Conv', 'Gemm'),
    quantization: plainQuantization(BITS),
    smoothing: { mode: 'dynamic', alpha: null, absmax: 'channel', apply: 'insert' },
    task: { kind: 'classification' },
    search: settings,
    candidates: settings.candidates,
    observation,
    moments: null,
  };
  const { value } = await runJob(job, oneThread, onReport);
  return chooseAlphas([value as JobResults['search']], settings.ties);
}

function at(layer: Layer, alpha: number): PreparedLayer {
  return prepareModel(folded, [layer], statistics, preparation(BITS, alpha)).layers[0]!;
}

/**
 * The same network with a Reshape behind the second layer, to a shape that is computed from the
 * first one's output.
 */
function writeReshaping(): JobModel {
  const { nodes, initializers, ...rest } = smallNetwork('N');
  const last = nodes.find(({ name }) => name === 'classifier')!;
  const reshaped = [
    node('Shape', ['r1'], 'shape'),
    node('Gather', ['shape', 'batchAxis'], 'rows'),
    node('Concat', ['rows', 'columns'], 'target', [intAttribute('axis', 0)]),
    node('Reshape', ['flat', 'target'], 'reshaped'),
    node('Gemm', ['reshaped', ...last.input.slice(1)], 'y', [], 'classifier'),
  ];
  const integers = [int64Tensor('batchAxis', [0]), int64Tensor('columns', [5])];
  const spec = {
    ...rest,
    nodes: [...nodes.filter((own) => own !== last), ...reshaped],
    initializers: [...initializers!, ...integers],
  };
  return jobModel(write('reshaping.onnx', modelBytes(spec)));
}

/** The objective by plain loops over `[N, O, ...]`. */
function lossOf(objective: SearchObjective, expected: Floats, actual: Floats): number {
  const channels = expected.dims[1]!;
  const inner = expected.data.length / (expected.dims[0]! * channels);
  const error = new Float64Array(channels);
  const power = new Float64Array(channels);
  let absolute = 0;
  let squared = 0;
  for (const [i, y] of expected.data.entries()) {
    const difference = actual.data[i]! - y;
    const channel = Math.floor(i / inner) % channels;
    absolute += Math.abs(difference);
    squared += difference ** 2;
    error[channel] = error[channel]! + difference ** 2;
    power[channel] = power[channel]! + y ** 2;
  }
  if (objective === 'l1') return absolute / expected.data.length;
  if (objective === 'mse') return squared / expected.data.length;
  return error.reduce((sum, e, channel) => sum + e / power[channel]!, 0) / channels;
}

/**
 * KL divergence of the softmax of the whole quantized network from FP32's, averaged over samples.
 */
async function divergence(prepared: readonly PreparedLayer[]): Promise<number> {
  const expected = (await activations(untouched, [io.output], x))[io.output]!;
  const actual = (await activations(quantizedModel(folded, prepared), [io.output], x))[io.output]!;
  const softmax = (logits: Float32Array): number[] => {
    const powers = [...logits].map(Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  };
  let sum = 0;
  for (let n = 0; n < SAMPLES; n++) {
    const p = softmax(expected.data.subarray(n * 10, n * 10 + 10));
    const q = softmax(actual.data.subarray(n * 10, n * 10 + 10));
    sum += p.reduce((total, own, k) => total + own * Math.log(own / q[k]!), 0);
  }
  return sum / SAMPLES;
}

/** The first candidate with the smallest loss. */
function argmin(losses: readonly number[]): number {
  return candidates[losses.indexOf(Math.min(...losses))]!;
}

describe.each(['l1', 'mse', 'channelMse'] as const)('a search by %s', (objective) => {
  it('judges each layer alone in the isolated order', async () => {
    const { points, alphas } = await search({ objective });
    for (const layer of layers) {
      const tensors = await activations(untouched, [layer.inputTensor, layer.outputTensor], x);
      const losses: number[] = [];
      for (const alpha of candidates) {
        const alone = (await activations(quantizedModel(folded, [at(layer, alpha)]), [layer.outputTensor], x))[
          layer.outputTensor
        ]!;
        losses.push(lossOf(objective, tensors[layer.outputTensor]!, alone));
      }
      const own = points.filter((point) => point.layer === layer.name);
      for (const [i, { loss }] of own.entries()) expect(loss / losses[i]!, `${layer.name} ${i}`).toBeCloseTo(1, 4);
      expect(alphas.get(layer.name)).toBe(argmin(losses));
    }
  });

  it('judges each layer behind its quantized predecessors in the sequential order', async () => {
    const { points, alphas } = await search({ objective, order: 'sequential' });
    const chosen: PreparedLayer[] = [];
    for (const layer of layers) {
      const expected = (await activations(untouched, [layer.outputTensor], x))[layer.outputTensor]!;
      const losses: number[] = [];
      for (const alpha of candidates) {
        const quantized = quantizedModel(folded, [...chosen, at(layer, alpha)]);
        losses.push(
          lossOf(objective, expected, (await activations(quantized, [layer.outputTensor], x))[layer.outputTensor]!),
        );
      }
      const own = points.filter((point) => point.layer === layer.name);
      expect(own.map((point) => point.alpha)).toEqual(candidates);
      for (const [i, { loss }] of own.entries()) expect(loss / losses[i]!, `${layer.name} ${i}`).toBeCloseTo(1, 4);
      expect(own.filter((point) => point.chosen).map((point) => point.alpha)).toEqual([argmin(losses)]);
      expect(alphas.get(layer.name)).toBe(argmin(losses));
      chosen.push(at(layer, argmin(losses)));
    }
  });
});

it('the sequential order chooses otherwise than the isolated one, as it sees the errors of predecessors', async () => {
  const fine = { objective: 'mse', candidates: Array.from({ length: 41 }, (_, i) => i / 40) } as const;
  const isolated = await search(fine);
  const sequential = await search({ ...fine, order: 'sequential' });
  expect(sequential.alphas.get('first')).toBe(isolated.alphas.get('first'));
  expect([...sequential.alphas]).not.toEqual([...isolated.alphas]);
});

describe('a search by the output', () => {
  it('without sweeps takes the static alpha with the smallest divergence for every layer', async () => {
    const { points, alphaCurve, alphas } = await search({ order: 'output' });
    const losses: number[] = [];
    for (const alpha of candidates) losses.push(await divergence(layers.map((layer) => at(layer, alpha))));
    for (const [i, own] of alphaCurve.entries()) {
      expect(own.alpha).toBe(candidates[i]);
      expect(own.divergence / losses[i]!).toBeCloseTo(1, 3);
      expect(own.chosen).toBe(own.alpha === argmin(losses));
    }
    expect(points).toEqual([]);
    expect([...alphas]).toEqual(layers.map(({ name }) => [name, argmin(losses)]));
  });

  it('descends layer by layer from the best static alpha', async () => {
    const { points, alphaCurve, alphas } = await search({ order: 'output', sweeps: 2 });
    const start = alphaCurve.find((point) => point.chosen)!.alpha;
    const current = new Map(layers.map(({ name }) => [name, start]));
    const expected: { layer: string; sweep: number; loss: number; alpha: number; chosen: boolean }[] = [];
    for (const sweep of [1, 2]) {
      for (const layer of layers) {
        const losses: number[] = [];
        for (const alpha of candidates) {
          const others = new Map(current).set(layer.name, alpha);
          losses.push(await divergence(layers.map((own) => at(own, others.get(own.name)!))));
        }
        current.set(layer.name, argmin(losses));
        for (const [i, loss] of losses.entries()) {
          const alpha = candidates[i]!;
          expected.push({ layer: layer.name, sweep, loss, alpha, chosen: alpha === argmin(losses) });
        }
      }
    }
    expect([...alphas]).toEqual([...current]);
    expect([...alphas.values()]).not.toEqual(layers.map(() => start));
    for (const [i, point] of points.entries()) {
      const { loss, ...rest } = expected[i]!;
      expect(point).toMatchObject(rest);
      expect(point.loss / loss).toBeCloseTo(1, 3);
    }
  });

  it('never lets the divergence rise, and stops when a sweep changes nothing', async () => {
    const { points, alphaCurve } = await search({ order: 'output', sweeps: 20 });
    let before = alphaCurve.find((point) => point.chosen)!.divergence;
    for (const { loss } of points.filter((point) => point.chosen)) {
      expect(loss).toBeLessThanOrEqual(before * (1 + 1e-5));
      before = loss;
    }
    const sweeps = Math.max(...points.map((point) => point.sweep));
    expect(sweeps).toBeLessThan(20);
    const alphasOf = (sweep: number): readonly number[] =>
      points.filter((point) => point.chosen && point.sweep === sweep).map((point) => point.alpha);
    expect(alphasOf(sweeps)).toEqual(alphasOf(sweeps - 1));
  });

  it.each([
    ['with a fixed batch, whose last one is padded', () => writeModel(write, 4)],
    ['that reads an integer tensor from in front of a layer', writeReshaping],
  ])('descends alike in a model %s', async (_, variant) => {
    const expected = await search({ order: 'output', sweeps: 1 });
    const actual = await search({ order: 'output', sweeps: 1 }, undefined, variant());
    expect(actual.alphas).toEqual(expected.alphas);
    for (const [i, { loss }] of actual.points.entries()) expect(loss / expected.points[i]!.loss).toBeCloseTo(1, 3);
  });

  it.each(['sequential', 'output'] as const)('reports progress up to the whole in the %s order', async (order) => {
    const seen: (readonly [number, number])[] = [];
    await search({ order, sweeps: 1 }, (done, total) => seen.push([done, total]));
    const total = seen[0]![1];
    expect(seen.at(-1)).toEqual([total, total]);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(2);
  });
});
