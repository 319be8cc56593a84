import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergeDatabases } from '../../src/api/merge-databases.js';
import type { LatencyRecord } from '../../src/records/latency-record.js';
import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';
import type { SweepStore } from '../../src/store/store.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from './sample-sweep.js';

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
  operators: {
    fp32: [{ node: 'conv', op: 'Conv', kind: 'float', durationUs: 8 }],
    quantized: [
      { node: 'conv', op: 'QLinearConv', kind: 'integer', durationUs: 3 },
      { node: 'q', op: 'QuantizeLinear', kind: 'conversion', durationUs: 1 },
    ],
  },
};

const { environment } = sample;
const elsewhere = { ...environment, host: 'other box', cpuFlags: 'avx2' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quantsweep-latency-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The sample sweep with what `measure` writes of the speed of its trials. */
function database(name: string, measure: (store: SweepStore) => void): string {
  const path = join(folder, name);
  const store = openStore(path);
  sample.fill(store);
  measure(store);
  store.close();
  return path;
}

const write = (store: SweepStore, changes: Partial<LatencyRecord> = {}, machine = environment): void => {
  const { key: trial } = sample.trials.static;
  store.writeLatency({ trial, fp32: sample.trials.fp32.key, environment: machine }, { ...record, ...changes });
};

const rows = (path: string, sql: string): readonly (readonly SqlValue[])[] => queryDatabase(path, sql).rows;

describe('a comparison of speed', () => {
  it('is read with its trial, its machine and the operators of both models', () => {
    const path = database('a.db', write);
    const columns = 'sweep, trial, label, model, ratio, ratio_low, ratio_high, verdict, cpu_ratio, host, cpu_flags';
    expect(rows(path, `SELECT ${columns}, fp32_trial FROM v_latency`)).toEqual([
      ...[['tiny', 3, 'static alpha=0.5, 200 batches', 'tiny.onnx', 0.58, 0.56, 0.6, 'faster', 0.57, 'box']].map(
        (own) => [...own, environment.cpuFlags, 1],
      ),
    ]);
    expect(rows(path, 'SELECT model, position, op, kind, duration_us, share, cpu_flags FROM v_operator_time')).toEqual([
      ['fp32', 0, 'Conv', 'float', 8, 1, environment.cpuFlags],
      ['quantized', 0, 'QLinearConv', 'integer', 3, 0.75, environment.cpuFlags],
      ['quantized', 1, 'QuantizeLinear', 'conversion', 1, 0.25, environment.cpuFlags],
    ]);
  });

  it('takes the place of one under the same conditions on the same machine, of no other', () => {
    const path = database('a.db', (store) => {
      write(store);
      write(store, {}, elsewhere);
      write(store, {}, { ...environment, onnxruntimeVersion: '1.31.0' });
      write(store, { batchSize: 8 });
      write(store, { rounds: 80 });
      const { key } = sample.trials.static;
      expect(store.latencies([key], environment)).toEqual([
        { trial: key, device: 'cpu', batchSize: 8, threads: 1, rounds: 40 },
        { trial: key, device: 'cpu', batchSize: 1, threads: 1, rounds: 80 },
      ]);
      expect(store.latencies([sample.trials.dynamic.key], environment)).toEqual([]);
    });
    expect(rows(path, 'SELECT host, onnxruntime_version, batch_size, rounds FROM v_latency ORDER BY latency')).toEqual([
      ['other box', '1.30.0', 1, 40],
      ['box', '1.31.0', 1, 40],
      ['box', '1.30.0', 8, 40],
      ['box', '1.30.0', 1, 80],
    ]);
    expect(rows(path, 'SELECT count(*) FROM operator_time')).toEqual([[12]]);
  });

  it('of a device is known by its name and the host that asked it', () => {
    database('a.db', (store) => {
      const there = { ...environment, cpuModel: 'chip 7', onnxruntimeVersion: '' };
      write(store, { device: 'phone', threads: 0 }, there);
      const { key } = sample.trials.static;
      expect(store.latencies([key], environment).map(({ device }) => device)).toEqual(['phone']);
      expect(store.latencies([key], elsewhere)).toEqual([]);
    });
  });

  it.each([
    ['onnxruntime-cpu', 'avx2 avx512_vnni', 'run'],
    ['onnxruntime-cpu-avx2', 'avx2 avx512_vnni', 'rules'],
    ['onnxruntime-cpu-avx2', 'avx2 avx_vnni', 'rules'],
    ['onnxruntime-cpu-avx2', '', 'rules'],
    ['onnxruntime-cpu-avx2', 'avx2', 'run'],
    ['tensorrt', 'avx2', 'rules'],
  ])('on a CPU is a run of %s with flags %j: %s', (target, cpuFlags, evidence) => {
    const path = database('a.db', (store) => {
      write(store, {}, { ...environment, cpuFlags });
    });
    const file = openDatabase(path);
    file.exec(`UPDATE trial SET target = '${target}'`);
    file.close();
    expect(rows(path, 'SELECT evidence FROM v_deployment WHERE trial = 3')).toEqual([[evidence]]);
  });

  it('by a command is a run of whatever target', () => {
    const path = database('a.db', (store) => {
      write(store, { device: 'phone' }, { ...environment, cpuFlags: '' });
    });
    const file = openDatabase(path);
    file.exec("UPDATE trial SET target = 'onnxruntime-cpu-avx2'");
    file.close();
    expect(rows(path, 'SELECT evidence FROM v_deployment WHERE trial = 3')).toEqual([['run']]);
  });

  it('is of a complete trial, and of finite numbers', () => {
    database('a.db', (store) => {
      const subject = { trial: sample.trials.static1500.key, fp32: 'none', environment };
      expect(() => {
        store.writeLatency(subject, record);
      }).toThrow('Expected the key of a complete trial');
      expect(() => {
        write(store, { ratio: Infinity });
      }).toThrow('ratio');
      expect(store.latencies([sample.trials.static.key], environment)).toEqual([]);
    });
  });
});

describe('merging', () => {
  it('takes the comparisons of all machines, of equal ones the first, and is no conflict', async () => {
    const one = database('one.db', (store) => {
      write(store);
      write(store, { ratio: 0.59 }, elsewhere);
    });
    const other = database('other.db', (store) => {
      write(store, { ratio: 0.5 });
      write(store, { batchSize: 8 });
    });
    const all = join(folder, 'all.db');
    await mergeDatabases([one, other], all);
    const found = 'SELECT host, batch_size, ratio FROM v_latency ORDER BY host, batch_size';
    expect(rows(all, found)).toEqual([
      ['box', 1, 0.58],
      ['box', 8, 0.58],
      ['other box', 1, 0.59],
    ]);
    expect(rows(all, 'SELECT count(*) FROM v_operator_time')).toEqual([[9]]);
    expect((await mergeDatabases([one, other], all)).changed).toBe(false);
    const later = database('later.db', (store) => {
      write(store, { threads: 2 });
    });
    const merged = await mergeDatabases([later], all);
    expect(merged).toMatchObject({ changed: true, sources: [{ latencies: 1, trials: 0 }] });
  });
});
