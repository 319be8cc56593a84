import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speedLines, trialSpeedLines } from '../../../src/cli/speed/speed-lines.js';
import type { LatencyRecord } from '../../../src/records/latency-record.js';
import type { Query } from '../../../src/report/query.js';
import { openQueries, type QueryConnection } from '../../../src/store/query/query-database.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import * as sample from '../../store/sample-sweep.js';

const record: LatencyRecord = {
  device: 'cpu',
  batchSize: 1,
  threads: 1,
  rounds: 40,
  fp32Ms: 10,
  quantizedMs: 5.8,
  cpu: { fp32Ms: 9, quantizedMs: 5, ratio: 0.57, ratioLow: 0.56, ratioHigh: 0.58 },
  ratio: 0.58,
  ratioLow: 0.56,
  ratioHigh: 0.6,
  spread: 0.03,
  verdict: 'faster',
  operators: { fp32: [], quantized: [{ node: 'c', op: 'Conv', kind: 'float', durationUs: 8 }] },
};
const slower = { ...record, batchSize: 8, ratio: 1.31, ratioLow: 1.28, ratioHigh: 1.35, verdict: 'slower' } as const;
const same = { ...record, ratio: 1.01, ratioLow: 0.97, ratioHigh: 1.04, verdict: 'same' } as const;

const environment = { ...sample.environment, host: hostname() };

let queries: QueryConnection;
let query: Query;
beforeAll(() => {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  sample.fill(store);
  const write = ({ key }: { readonly key: string }, latency: LatencyRecord, host = environment.host): void => {
    store.writeLatency({ trial: key, fp32: sample.trials.fp32.key, environment: { ...environment, host } }, latency);
  };
  write(sample.trials.unsmoothed, same);
  write(sample.trials.unsmoothed, slower);
  write(sample.trials.static, record);
  write(sample.trials.static, slower, 'another machine');
  store.close();
  queries = openQueries(path);
  query = (sql) => queries.query(sql);
});
afterAll(() => {
  queries.close();
});

describe('speedLines', () => {
  it('list what this machine measured, and say once of a trial that it is not faster', () => {
    expect(speedLines(query, 'tiny', ['x, batch 9, 1 thread: refused'])).toEqual([
      'Speed: time of a run of the exported model against FP32, median of ratios with 95 % interval',
      '  unsmoothed, 200 batches: 1.01 of FP32 [0.97, 1.04], batch 1, 1 thread: not distinguishable from FP32',
      '  unsmoothed, 200 batches: 1.31 of FP32 [1.28, 1.35], batch 8, 1 thread: slower than FP32',
      '  static alpha=0.5, 200 batches: 0.58 of FP32 [0.56, 0.60], batch 1, 1 thread: faster than FP32',
      'NOT FASTER than FP32: unsmoothed, 200 batches, 1.01 of FP32 [0.97, 1.04], batch 1, 1 thread (not distinguishable); 1.31 of FP32 [1.28, 1.35], batch 8, 1 thread (slower). Of its time 100 % Conv in float (1 node); 0 % on integers.',
      'Speed not measured: x, batch 9, 1 thread: refused',
    ]);
  });
});

describe('trialSpeedLines', () => {
  it('have every machine, and NOT FASTER with the operators to blame', () => {
    const [here, there] = trialSpeedLines(query, 'tiny', 3);
    expect([here, there].map((line) => line?.replace(/\d{4}-.* UTC/, 'TIME')).sort()).toEqual([
      'speed: 0.58 of FP32 [0.56, 0.60], batch 1, 1 thread: faster than FP32 (cpu, TIME).',
      'speed: NOT FASTER: 1.31 of FP32 [1.28, 1.35], batch 8, 1 thread: slower than FP32 (cpu, TIME). Of its time 100 % Conv in float (1 node); 0 % on integers.',
    ]);
  });

  it('say that nothing was measured, and what measures it', () => {
    expect(trialSpeedLines(query, 'tiny', 4)).toEqual([
      'speed not measured: add measure.latency to the experiment and run it again',
    ]);
  });
});
