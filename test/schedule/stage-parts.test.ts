import { describe, expect, it } from 'vitest';
import type { ObserveStage, SearchStage } from '../../src/plan/plan.js';
import { chooseAlphas, observeParts, searchParts } from '../../src/schedule/stage-parts.js';
import type { SearchPoint } from '../../src/records/search-record.js';
import { everyLayer, plainQuantization } from '../quantize/preparations.js';

const model = { path: '/m.onnx', input: null, output: null, sha256: 'a' };
const source = { format: 'npy', path: '/samples.npy', labels: null, groundTruth: null } as const;
const preprocess = { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null } as const;

function observeStage(batches: number): ObserveStage {
  return {
    kind: 'observe',
    key: 'k',
    model,
    preprocess,
    calibration: { source, batchSize: 2, batches, sampleSeed: null },
    snapshots: [1, batches],
    required: [batches],
    methods: ['channel'],
    histograms: false,
  };
}

describe('observeParts', () => {
  it('cuts the batches into consecutive ranges that cover all of them', () => {
    const ranges = observeParts(observeStage(1500), model).map(({ job }) => [job.firstBatch, job.endBatch]);
    expect(ranges).toHaveLength(8);
    expect(ranges[0]![0]).toBe(0);
    expect(ranges.at(-1)![1]).toBe(1500);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i]![0]).toBe(ranges[i - 1]![1]);
  });

  it('asks for histograms at the sizes that trials need, if at all', () => {
    const histogramsOf = (stage: ObserveStage) => observeParts(stage, model).map(({ job }) => job.histograms);
    expect(histogramsOf(observeStage(2))).toEqual([null, null]);
    expect(histogramsOf({ ...observeStage(2), histograms: true })).toEqual([[2], [2]]);
  });

  it('asks the first part for histograms to look at, of no more samples than every trial has', () => {
    const samplesOf = (stage: ObserveStage) => observeParts(stage, model).map(({ job }) => job.displaySamples);
    expect(samplesOf(observeStage(1500))).toEqual([16, 0, 0, 0, 0, 0, 0, 0]);
    expect(samplesOf({ ...observeStage(1500), required: [3, 1500] })[0]).toBe(6);
    expect(samplesOf({ ...observeStage(2), histograms: true })).toEqual([0, 0]);
  });

  it('makes no empty range where there are fewer batches than ranges', () => {
    const parts = observeParts(observeStage(3), model);
    expect(parts.map(({ id }) => id)).toEqual(['batches 0-1', 'batches 1-2', 'batches 2-3']);
  });
});

describe('searchParts', () => {
  it('spreads the candidates over several graphs, each candidate once', () => {
    const candidates = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
    const stage = {
      kind: 'search',
      key: 'k',
      observeKey: 'o',
      model,
      preprocess,
      calibration: { source, batchSize: 2, batches: 2, sampleSeed: null },
      layers: everyLayer('Conv'),
      quantization: plainQuantization(8, 'tensor'),
      smoothing: { mode: 'dynamic', alpha: null, absmax: 'channel', apply: 'insert' },
      task: { kind: 'classification' },
      search: { candidates, samples: 4, objective: 'l1', order: 'isolated', ties: 'smaller', sweeps: 0 },
    } satisfies SearchStage;
    const parts = searchParts(stage, model, { batches: 2, samples: 4, inputs: [] }, 1e6);
    expect(parts.flatMap(({ job }) => job.candidates)).toEqual(candidates);
    expect(parts).toHaveLength(4);
    const large = searchParts(stage, model, { batches: 2, samples: 4, inputs: [] }, 5e8);
    expect(large.map(({ job }) => job.candidates.length).slice(0, 2)).toEqual([2, 2]);
    const sequential = { ...stage, search: { ...stage.search, order: 'sequential' as const } };
    const whole = searchParts(sequential, model, { batches: 2, samples: 4, inputs: [] }, 1e6);
    expect(whole.map(({ job }) => job.candidates)).toEqual([candidates]);
  });
});

describe('chooseAlphas', () => {
  it('leaves the choices of a search that made them itself', () => {
    const search = {
      points: [],
      alphaCurve: [{ alpha: 0.3, divergence: 1, chosen: true }],
      alphas: new Map([['a', 0.3]]),
    };
    expect(chooseAlphas([{ kind: 'choice', search }], 'smaller')).toEqual(search);
  });

  it('takes the candidate with the smallest loss of each layer, and on a tie the one that the settings say', () => {
    const point = (layer: string, alpha: number, loss: number) => ({ layer, alpha, sweep: 0, loss, relL1: null });
    const part = (...points: SearchPoint[]) => ({ kind: 'losses', points }) as const;
    const parts = [
      part(point('a', 0.5, 2), point('b', 0.5, 1)),
      part(point('a', 0.25, 3), point('b', 0.25, 1)),
      part(point('a', 0.75, 1), point('b', 0.75, 1)),
    ];
    const { points, alphas } = chooseAlphas(parts, 'smaller');
    expect(chooseAlphas(parts, 'larger').alphas.get('b')).toBe(0.75);
    expect(alphas).toEqual(
      new Map([
        ['a', 0.75],
        ['b', 0.25],
      ]),
    );
    const chosen = points.filter((p) => p.chosen).map((p) => [p.layer, p.alpha]);
    expect(chosen).toEqual([
      ['b', 0.25],
      ['a', 0.75],
    ]);
  });
});
