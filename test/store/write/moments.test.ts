import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LayerMoments } from '../../../src/records/moments-record.js';
import { NonFiniteStoreError, StoreError } from '../../../src/store/store-error.js';
import type { SweepStore } from '../../../src/store/store.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { moments, momentsPlan as plan } from '../sample-moments.js';
import * as sample from '../sample-sweep.js';

const { model } = sample;

describe('second moments in a store', () => {
  let path: string;
  let store: SweepStore;
  beforeEach(() => {
    path = sample.temporaryDatabase();
    store = openStore(path);
    store.beginSweep(sample.experiment, plan, [model], sample.machine);
  });
  afterEach(() => {
    store.close();
  });

  it('come back bit for bit, each prefix by itself, after the file is opened again', () => {
    expect(store.moments('moments', 4)).toBeNull();
    store.finishMoments('moments', model.sha256, [moments(4), moments(8)]);
    store.close();
    store = openStore(path);
    expect(store.finishedStages(['moments'])).toEqual(new Set(['moments']));
    expect(store.moments('moments', 4)).toStrictEqual(moments(4));
    expect(store.moments('moments', 8)).toStrictEqual(moments(8));
    expect(Object.is(store.moments('moments', 8)!.layers[0]!.means[0], -0)).toBe(true);
    expect(store.moments('moments', 5)).toBeNull();
    expect(store.moments('unknown', 4)).toBeNull();
  });

  it('end their stage, and its parts go', () => {
    const payload = { products: Uint8Array.of(1, 2) };
    const attempt = store.startAttempt({ kind: 'stage', key: 'moments', part: 'samples 0-4' }, { device: 'cpu:0' });
    store.finishPart(attempt, 'moments', 'samples 0-4', payload, sample.execution);
    expect(store.stageParts('moments')).toEqual(new Map([['samples 0-4', payload]]));
    store.finishMoments('moments', model.sha256, [moments(4)]);
    expect(store.stageParts('moments')).toEqual(new Map());
    expect(() => {
      store.finishMoments('moments', model.sha256, [moments(4)]);
    }).toThrow(StoreError);
  });

  it('are refused whole where a number is not finite or a layer is unknown', () => {
    const [first, second] = moments(8).layers;
    const broken: readonly LayerMoments[] = [
      { ...second!, products: Float64Array.of(NaN) },
      { ...second!, means: Float64Array.of(Infinity) },
      { ...second!, nonZeroShares: Float64Array.of(NaN) },
    ];
    for (const layer of broken) {
      expect(() => {
        store.finishMoments('moments', model.sha256, [{ samples: 8, layers: [first!, layer] }]);
      }).toThrow(NonFiniteStoreError);
    }
    expect(() => {
      store.finishMoments('moments', model.sha256, [{ samples: 8, layers: [{ ...first!, layer: 'none' }] }]);
    }).toThrow(StoreError);
    expect(store.moments('moments', 8)).toBeNull();
    expect(store.finishedStages(['moments'])).toEqual(new Set());
  });

  it('are linked to the trials that read them', () => {
    store.finishObserve('observe', model.sha256, [sample.observation(200)]);
    store.finishMoments('moments', model.sha256, [moments(4)]);
    const record = sample.quantizedRecord([0], 0.02, 0.5);
    sample.finish(
      store,
      plan.trials.find(({ key }) => key === 'static-200')!,
      record,
    );
    store.close();
    const database = new Database(path, { readonly: true });
    const linked = database
      .prepare('SELECT t.key, s.key FROM trial t JOIN stage s ON s.id = t.moments_stage_id')
      .raw()
      .all();
    database.close();
    expect(linked).toEqual([['static-200', 'moments']]);
    store = openStore(path);
  });

  it('say which row it is where its bytes are damaged', () => {
    store.finishMoments('moments', model.sha256, [moments(4)]);
    store.close();
    const database = new Database(path);
    database.prepare(`UPDATE moments SET products = x'0102'`).run();
    database.close();
    store = openStore(path);
    expect(() => store.moments('moments', 4)).toThrow(
      /stored bytes of the moments of layer conv1 over 4 samples of stage moments can't be read .+: they are damaged/,
    );
  });
});
