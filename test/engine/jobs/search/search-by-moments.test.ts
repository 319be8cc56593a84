import { describe, expect, it } from 'vitest';
import { JobCaches } from '../../../../src/engine/jobs/job-caches.js';
import { openJobDataset } from '../../../../src/engine/jobs/open-job-dataset.js';
import { runJob } from '../../../../src/engine/jobs/run-job.js';
import type { JobResults } from '../../../../src/engine/jobs/jobs.js';
import type { SearchJob } from '../../../../src/engine/jobs/search/search-job.js';
import { loadModel } from '../../../../src/engine/session/load-model.js';
import type { SearchSettings } from '../../../../src/experiment/sections/settings.js';
import { predictLosses } from '../../../../src/losses/predicted/predict-losses.js';
import { prepareModel } from '../../../../src/quantize/prepare-layers.js';
import type { MomentsRecord } from '../../../../src/records/moments-record.js';
import type { SearchPoint } from '../../../../src/records/search-record.js';
import { momentsOf } from '../../../losses/predicted/unfolded-moments.js';
import type { Floats } from '../../../onnx/run-model.js';
import { everyLayer, plainQuantization, preparation } from '../../../quantize/preparations.js';
import { asStored, observeJob, oneThread, temporaryFiles, writeModel, writeSamples } from '../../small-experiment.js';

const SAMPLES = 10;
const candidates = [0, 0.2, 0.4, 0.6, 0.8, 1];
const write = temporaryFiles();
const caches = new JobCaches();
const model = writeModel(write, 'N');
const source = writeSamples(write);
const observed = await runJob(observeJob(model, source), oneThread, () => undefined);
const observation = (observed.value as JobResults['observe']).at(-1)!;
const { folded, layers: found } = loadModel(model, caches);
const layers = found.filter((layer) => layer.supported);
const x: Floats = { data: new Float32Array(SAMPLES * 108), dims: [SAMPLES, 3, 6, 6] };
await (await openJobDataset(source, asStored, { session: oneThread, caches })).read(0, SAMPLES, x.data);
const moments: MomentsRecord = {
  samples: SAMPLES,
  layers: await Promise.all(layers.map((layer) => momentsOf(folded, layer, x))),
};

async function search(
  objective: SearchSettings['objective'],
  bits: number,
  changes: Partial<SearchJob> = {},
  onReport: (done: number, total: number) => void = () => undefined,
) {
  const job: SearchJob = {
    kind: 'search',
    model,
    preprocess: asStored,
    calibration: { source, batchSize: 3, batches: 5, sampleSeed: null },
    layers: everyLayer('Conv', 'Gemm'),
    quantization: plainQuantization(bits),
    smoothing: { mode: 'dynamic', alpha: null, absmax: 'channel', apply: 'insert' },
    task: { kind: 'classification' },
    search: { candidates, samples: SAMPLES, objective, order: 'isolated', ties: 'smaller', sweeps: 0 },
    candidates,
    observation,
    moments,
    ...changes,
  };
  const { value, execution } = await runJob(job, oneThread, onReport);
  const result = value as JobResults['search'];
  if (result.kind !== 'losses') throw new Error('Expected losses to choose from.');
  return { points: result.points, execution };
}

function curve(points: readonly SearchPoint[], layer: string): readonly number[] {
  return points.filter((point) => point.layer === layer).map(({ loss }) => loss);
}

describe('a search by second moments', () => {
  it('has the predicted squared error of each layer at each candidate', async () => {
    const { points } = await search('hessian', 4);
    const statistics = new Map(observation.inputs.map((inputs) => [inputs.layer, inputs]));
    const expected = candidates.flatMap((alpha) => {
      const { layers: prepared } = prepareModel(folded, layers, statistics, preparation(4, alpha));
      return predictLosses(folded, prepared, moments, statistics).map(({ layer, weightMse, inputMse }) => ({
        ...{ layer, alpha, sweep: 0, loss: weightMse + inputMse, relL1: null },
      }));
    });
    expect(points).toEqual(expected);
  });

  it('has what a search by mse measures on the same samples, as far as ten samples tell', async () => {
    const { points } = await search('hessian', 8);
    const measured = await search('mse', 8);
    for (const { name } of layers) {
      for (const [at, loss] of curve(points, name).entries()) {
        expect(Math.abs(loss / curve(measured.points, name)[at]! - 1), `${name} ${candidates[at]}`).toBeLessThan(0.4);
      }
    }
  });

  it('runs no model, reads no sample, and says how far it is', async () => {
    const seen: (readonly [number, number])[] = [];
    const gone = { format: 'npy' as const, path: '/does/not/exist.npy', labels: null, groundTruth: null };
    const calibration = { source: gone, batchSize: 3, batches: 5, sampleSeed: null };
    const { execution } = await search('hessian', 4, { calibration }, (done, total) => seen.push([done, total]));
    expect(execution.provider).toBe('');
    expect(seen.at(-1)).toEqual([candidates.length, candidates.length]);
  });

  it('judges the layers that are quantized', async () => {
    const [first] = layers;
    const { points } = await search('hessian', 4, {
      layers: { ...everyLayer('Conv', 'Gemm'), include: [first!.name] },
    });
    expect(new Set(points.map(({ layer }) => layer))).toEqual(new Set([first!.name]));
  });
});
