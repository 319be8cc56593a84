import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTrials } from '../../../src/store/read/find-trials.js';
import { openQueries, type QueryConnection } from '../../../src/store/query/query-database.js';
import { readTrial } from '../../../src/store/read/read-trial.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { StoreError } from '../../../src/store/store-error.js';
import * as sample from '../sample-sweep.js';

/**
 * FP32 finished; of the quantized trials one with its only layer whole, one that lacks quantizers
 * of a layer.
 */
function fillSmall(path: string): void {
  const store = openStore(path);
  sample.begin(store);
  store.finishObserve('observe', sample.model.sha256, [1, 200, 1500].map(sample.observation));
  store.finishReference('reference', sample.model.sha256, sample.reference);
  store.finishSearch('search', sample.model.sha256, sample.search);
  sample.finish(store, sample.trials.fp32, sample.fp32Record);
  const record = sample.quantizedRecord([0, 1, 2], 0.02, 0.5);
  const smoothing = record.smoothing.filter((s) => s.layer === 'conv1');
  const roundedWeights = [{ layer: 'conv1', levels: Int8Array.of(-128, 0, 3, 127) }];
  sample.finish(store, sample.trials.static, { ...record, smoothing, roundedWeights });
  sample.finish(store, sample.trials.dynamic, sample.quantizedRecord([0], 0.04, 0.7));
  store.close();
}

describe('reading a trial', () => {
  const path = sample.temporaryDatabase();
  let queries: QueryConnection;
  beforeAll(() => {
    fillSmall(path);
    queries = openQueries(path);
  });
  afterAll(() => {
    queries.close();
  });
  const numberOf = (label: string): number => findTrials(queries, 'tiny', label)[0]!;

  it('finds trials by number, key, label and as the best', () => {
    const number = numberOf('static alpha=0.5, 200 batches');
    for (const word of [String(number), 'static-200', 'static-20', 'best']) {
      expect(findTrials(queries, 'tiny', word)).toEqual([number]);
    }
    expect(findTrials(queries, 'tiny', 'static-')).toHaveLength(2);
    for (const word of ['stati', 'nothing', '']) expect(findTrials(queries, 'tiny', word)).toEqual([]);
    expect(findTrials(queries, 'other', 'best')).toEqual([]);
  });

  it('gives everything that its quantized model is made of, number by number', () => {
    const trial = readTrial(queries, 'tiny', numberOf('best'));
    expect(trial).toMatchObject({
      key: 'static-200',
      label: 'static alpha=0.5, 200 batches',
      role: 'candidate',
      status: 'done',
      sweep: 'tiny',
      sweepKey: 'sweep-key',
      accuracy: { metric: 'top1', value: 0.3 },
      model: { path: sample.model.path, sha256: sample.model.sha256 },
    });
    expect(JSON.parse(trial.settings)).toEqual(sample.trials.static.settings);
    expect(trial.layers).toEqual([
      {
        name: 'conv1',
        alpha: 0.5,
        apply: 'insert',
        fallbackReason: null,
        deadChannels: 0,
        s: [2, 4],
        input: {
          granularity: 'tensor',
          bits: 8,
          signed: true,
          amax: 2,
          low: -2,
          scale: 2 / 127,
          zeroPoint: 0,
          narrowRange: false,
          amaxChannels: null,
          lowChannels: null,
        },
        weight: {
          granularity: 'channel',
          bits: 8,
          signed: true,
          amax: 8,
          low: -8,
          scale: 8 / 127,
          zeroPoint: 0,
          narrowRange: false,
          amaxChannels: [8, 0.1, Math.fround(0.3), 4],
          lowChannels: null,
        },
        biasCorrection: null,
        levels: Int8Array.of(-128, 0, 3, 127),
      },
    ]);
  });

  it('gives no layers for fp32, and neither layers nor accuracy for a trial that is not finished', () => {
    expect(readTrial(queries, 'tiny', numberOf('FP32'))).toMatchObject({ role: 'fp32', layers: [] });
    const pending = readTrial(queries, 'tiny', numberOf('unsmoothed, 200 batches'));
    expect(pending).toMatchObject({ status: 'pending', accuracy: null, layers: [] });
  });

  it('refuses a trial that the sweep does not have, and a layer without quantizers', () => {
    expect(() => readTrial(queries, 'tiny', 99)).toThrow(StoreError);
    expect(() => readTrial(queries, 'tiny', numberOf('dynamic-200'))).toThrow(/weight quantizer of layer "conv2"/);
  });
});
