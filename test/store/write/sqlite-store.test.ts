import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { AgentRecord } from '../../../src/records/agent-record.js';
import type { InputStatistics } from '../../../src/records/observation-record.js';
import { openStore, openStoreForReading } from '../../../src/store/write/sqlite-store.js';
import { queryDatabase } from '../../../src/store/query/query-database.js';
import { NonFiniteStoreError, StoreError } from '../../../src/store/store-error.js';
import type { SweepStore } from '../../../src/store/store.js';
import * as sample from '../sample-sweep.js';

const { trials, model, execution } = sample;

const agent: AgentRecord = {
  id: 'a',
  host: 'rack',
  label: 'gpu=a100',
  provider: 'cuda',
  numericsClass: 'cuda-0123456789ab',
  gpu: 'A100',
  slots: 2,
  state: 'ready',
  reason: null,
  jobs: [],
  lastError: null,
  seenAt: '2026-01-02T03:04:06.000Z',
};

describe('SqliteStore', () => {
  let path: string;
  let store: SweepStore;
  const rows = (sql: string) => queryDatabase(path, sql).rows;
  const reopen = (): void => {
    store.close();
    store = openStore(path);
  };
  const codeOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof StoreError) return error.code;
      throw error;
    }
    return 'nothing thrown';
  };
  const failure = { errorClass: 'WorkerDied', message: 'killed', retry: true };

  beforeEach(() => {
    path = sample.temporaryDatabase();
    store = openStore(path);
    sample.begin(store);
  });
  afterEach(() => {
    store.close();
  });

  describe('where work runs', () => {
    const other = {
      environment: { ...sample.environment, host: 'rack', cpuModel: 'other', gpu: 'H200' },
      numericsClass: 'cuda-0123456789ab',
      agent: 'rack-1',
    };

    it('is kept with each attempt', () => {
      store.startAttempt({ kind: 'stage', key: 'observe', part: 'a' }, { device: 'cpu:0' });
      store.startAttempt({ kind: 'stage', key: 'observe', part: 'b' }, { device: 'cuda:0', machine: other });
      store.startAttempt({ kind: 'stage', key: 'observe', part: 'c' }, { device: 'cuda:1', machine: other });
      const columns = 'host, device, cpu_model, gpu, numerics_class, agent';
      expect(rows(`SELECT ${columns} FROM v_attempt ORDER BY attempt`)).toEqual([
        ['box', 'cpu:0', 'cpu', null, sample.machine.numericsClass, null],
        ['rack', 'cuda:0', 'other', 'H200', 'cuda-0123456789ab', 'rack-1'],
        ['rack', 'cuda:1', 'other', 'H200', 'cuda-0123456789ab', 'rack-1'],
      ]);
      expect(rows('SELECT count(*) FROM environment')).toEqual([[2]]);
    });

    it('is counted by sweep, stage and trial in the views', () => {
      for (const [part, machine] of [['a', other] as const, ['b', undefined] as const]) {
        const place = { device: 'x', ...(machine && { machine }) };
        const attempt = store.startAttempt({ kind: 'stage', key: 'observe', part }, place);
        store.finishPart(attempt, 'observe', part, {}, sample.execution);
      }
      store.finishObserve('observe', model.sha256, [sample.observation(200)]);
      sample.finish(store, trials.unsmoothed, sample.quantizedRecord([0, 9], 0.08, null));
      const own = sample.machine.numericsClass;
      expect(rows("SELECT kind, numerics_class FROM v_stage WHERE status = 'done'")).toEqual([
        ['observe', `${own}+cuda-0123456789ab`],
      ]);
      expect(rows("SELECT label, numerics_class FROM v_trial WHERE status = 'done'")).toEqual([
        [trials.unsmoothed.label, own],
      ]);
      expect(rows("SELECT numerics_class, trials, stages FROM v_numerics_class WHERE sweep = 'tiny'")).toEqual([
        [own, 1, 1],
        ['cuda-0123456789ab', 0, 1],
      ]);
      expect(rows('SELECT numerics_classes FROM v_sweep')).toEqual([[`${own}, cuda-0123456789ab`]]);
    });
  });

  describe('writeAgents', () => {
    it('puts the agents in place of those before', () => {
      store.writeAgents([agent, { ...agent, id: 'b' }]);
      const job = { sweep: 'tiny', label: 'static', device: 'cuda:0', startedAt: '2026-01-02T03:04:05.000Z' };
      store.writeAgents([{ ...agent, id: 'c', state: 'unfit', reason: 'other data', jobs: [job], lastError: 'died' }]);
      expect(rows('SELECT * FROM v_agent')).toEqual([
        [
          ...['c', 'rack', 'gpu=a100', 'cuda', 'cuda-0123456789ab', 'A100', 2, 'unfit', 'other data'],
          ...[JSON.stringify([job]), 'died', '2026-01-02T03:04:06.000Z'],
        ],
      ]);
    });
  });

  describe('beginSweep', () => {
    it('records trials in order, with their typed columns, as pending', () => {
      expect(
        rows(`SELECT label, status, alpha_mode, alpha, calibration_batches, calibration_samples, weight_granularity, model
              FROM v_trial WHERE sweep = 'tiny' ORDER BY position`),
      ).toEqual([
        ['FP32', 'pending', 'none', null, null, null, null, 'tiny.onnx'],
        ['unsmoothed, 200 batches', 'pending', 'none', null, 200, 800, 'channel', 'tiny.onnx'],
        ['static alpha=0.5, 200 batches', 'pending', 'static', 0.5, 200, 800, 'channel', 'tiny.onnx'],
        ['static alpha=0.5, 1500 batches', 'pending', 'static', 0.5, 1500, 6000, 'channel', 'tiny.onnx'],
        ['dynamic alpha, 200 batches', 'pending', 'dynamic', null, 200, 800, 'channel', 'tiny.onnx'],
      ]);
    });

    it('keeps finished trials and replaces the membership when the sweep begins again', () => {
      sample.finish(store, trials.fp32, sample.fp32Record);
      const plan = { ...sample.plan, trials: [trials.fp32, trials.static] };
      store.beginSweep(sample.experiment, plan, [model], sample.machine);
      expect(rows(`SELECT label, status FROM v_trial ORDER BY position`)).toEqual([
        ['FP32', 'done'],
        ['static alpha=0.5, 200 batches', 'pending'],
      ]);
      expect(rows('SELECT sweep, trials, done, pending FROM v_sweep')).toEqual([['tiny', 2, 1, 1]]);
    });

    it('gives a graph to a model that is known without one, and replaces one that is another', () => {
      const graphs = () => rows('SELECT name, op FROM v_graph_node ORDER BY node');
      const whole = graphs();
      expect(whole).toHaveLength(6);
      const nodes = [{ name: 'conv1', op: 'Conv', layer: 'conv1', shape: null }];
      store.beginSweep(sample.experiment, sample.plan, [{ ...model, graph: { nodes, edges: [] } }], sample.machine);
      expect(graphs()).toEqual([['conv1', 'Conv']]);
      expect(rows('SELECT * FROM v_graph_edge')).toEqual([]);
      store.beginSweep(sample.experiment, sample.plan, [model], sample.machine);
      expect(graphs()).toEqual(whole);
    });

    it('marks attempts of a dead parent as interrupted', () => {
      store.startAttempt({ kind: 'trial', key: 'static-200' }, { device: 'cpu:0' });
      reopen();
      sample.begin(store);
      expect(rows('SELECT status, number, device FROM v_attempt')).toEqual([['interrupted', 1, 'cpu:0']]);
      store.startAttempt({ kind: 'trial', key: 'static-200' }, { device: 'cpu:0' });
      expect(rows('SELECT status, number FROM v_attempt ORDER BY attempt')).toEqual([
        ['interrupted', 1],
        ['running', 2],
      ]);
    });

    it('forgets the agents of the run before', () => {
      store.writeAgents([agent]);
      sample.begin(store);
      expect(rows('SELECT agent FROM v_agent')).toEqual([]);
    });

    it('stores one environment however often a sweep begins', () => {
      sample.begin(store);
      expect(rows('SELECT count(*) FROM environment')).toEqual([[1]]);
    });
  });

  describe('stages', () => {
    it('gives observations back bit for bit after reopening', () => {
      const odd = sample.observation(200);
      odd.inputs[0]!.absmax[0] = 0.1 + 0.2;
      store.finishObserve('observe', model.sha256, [sample.observation(1), odd]);
      reopen();
      const stored = store.observation('observe', 200);
      expect(stored).toStrictEqual(odd);
      expect(Object.is(stored?.inputs[0]?.min[0], -0)).toBe(true);
      expect(store.observation('observe', 1500)).toBeNull();
      expect(store.observation('search', 200)).toBeNull();
    });

    it('keeps histograms where an observation has them, and the amax of each calibrator', () => {
      const plain = sample.observation(200);
      const [conv1, conv2] = plain.inputs as [InputStatistics, InputStatistics];
      const counted = {
        ...conv1,
        // Channel 0: 3 values in bin 0; channel 1: 1 in bin 0, 200 in bin 1. Below zero: none, 7 in
        // bin 0.
        histograms: {
          binWidth: Float64Array.of(0.5, 2),
          positive: Uint8Array.of(1, 3, 2, 1, 0x80 | 72, 1),
          negative: Uint8Array.of(0, 1, 7),
        },
        histogramAmax: { percentile: 7.5, entropy: 6, mse: 7 },
      };
      const observation = { ...plain, inputs: [counted, conv2] };
      store.finishObserve('observe', model.sha256, [sample.observation(1), observation]);
      reopen();
      expect(store.observation('observe', 200)).toStrictEqual(observation);
      expect(store.observation('observe', 1)).toStrictEqual(sample.observation(1));
      expect(rows('SELECT channels, total FROM histogram')).toEqual([[2, 211]]);
      const amax = `SELECT a.calibrator, a.amax FROM amax_snapshot a JOIN layer l ON l.id = a.layer_id
        JOIN observation o ON o.id = a.observation_id WHERE l.name = 'conv1' AND o.batches = 200 ORDER BY a.amax, 1`;
      expect(rows(amax)).toEqual([
        ['entropy', 6],
        ['mse', 7],
        ['percentile', 7.5],
        ['max', Math.sqrt(200)],
      ]);
    });

    it('gives reference and search results back after reopening, and null before', () => {
      expect(store.reference('reference')).toBeNull();
      expect(store.search('search')).toBeNull();
      store.finishReference('reference', model.sha256, sample.reference);
      store.finishSearch('search', model.sha256, sample.search);
      reopen();
      expect(store.reference('reference')).toStrictEqual(sample.reference);
      expect(store.search('search')).toStrictEqual(sample.search);
      expect(store.finishedStages(['observe', 'reference', 'search', 'other'])).toEqual(
        new Set(['reference', 'search']),
      );
    });

    it('keeps parts until the stage is finished, and adds up their durations', () => {
      const payload = { sums: Float64Array.of(1, NaN, -0), names: ['a'] };
      const attempt = store.startAttempt({ kind: 'stage', key: 'observe', part: 'batches 0-3' }, { device: 'cpu:0' });
      store.finishPart(attempt, 'observe', 'batches 0-3', payload, execution);
      reopen();
      sample.begin(store);
      expect(store.stageParts('observe')).toStrictEqual(new Map([['batches 0-3', payload]]));
      store.finishObserve('observe', model.sha256, [sample.observation(1)]);
      expect(store.stageParts('observe')).toEqual(new Map());
      const [[duration, attempts]] = rows(`SELECT duration_ms, attempts FROM v_stage WHERE kind = 'observe'`) as [
        [number, number],
      ];
      expect(duration).toBeGreaterThan(0);
      expect(attempts).toBe(1);
      expect([...store.typicalDurations()]).toEqual([['observe', duration]]);
    });

    it('refuses to finish a stage or a part twice, or a part with an attempt at another', () => {
      store.finishSearch('search', model.sha256, sample.search);
      expect(
        codeOf(() => {
          store.finishSearch('search', model.sha256, sample.search);
        }),
      ).toBe('finished');
      expect(
        codeOf(() => {
          store.failStage('search', failure);
        }),
      ).toBe('finished');
      expect(codeOf(() => store.startAttempt({ kind: 'stage', key: 'search', part: 'x' }, { device: 'cpu:0' }))).toBe(
        'finished',
      );
      const attempt = store.startAttempt({ kind: 'stage', key: 'observe', part: 'a' }, { device: 'cpu:0' });
      expect(
        codeOf(() => {
          store.finishPart(attempt, 'observe', 'b', 1, execution);
        }),
      ).toBe('unknown');
      store.finishPart(attempt, 'observe', 'a', 1, execution);
      expect(
        codeOf(() => {
          store.finishPart(attempt, 'observe', 'a', 1, execution);
        }),
      ).toBe('finished');
      const again = store.startAttempt({ kind: 'stage', key: 'observe', part: 'a' }, { device: 'cpu:0' });
      expect(
        codeOf(() => {
          store.finishPart(again, 'observe', 'a', 1, execution);
        }),
      ).toBe('finished');
      expect(rows(`SELECT status FROM v_attempt WHERE attempt = ${again}`)).toEqual([['running']]);
    });

    it('finishes a stage after it failed', () => {
      store.failStage('search', failure, 'these conditions');
      expect([...store.failedStages(['search'])]).toEqual([
        ['search', { errorClass: 'WorkerDied', message: 'killed', under: 'these conditions' }],
      ]);
      store.finishSearch('search', model.sha256, sample.search);
      expect(rows(`SELECT status, error FROM v_stage WHERE kind = 'search'`)).toEqual([['done', null]]);
    });

    it('stores nothing of a stage with a NaN and names where it was', () => {
      const bad = sample.observation(200);
      bad.inputs[1]!.absmax[0] = NaN;
      const work = (): void => {
        store.finishObserve('observe', model.sha256, [sample.observation(1), bad]);
      };
      expect(work).toThrow(NonFiniteStoreError);
      expect(work).toThrow(/channel_stat\.act_absmax of layer "conv2", got NaN/);
      expect(rows('SELECT count(*) FROM observation')).toEqual([[0]]);
      expect(store.finishedStages(['observe'])).toEqual(new Set());
    });
  });

  describe('trials', () => {
    beforeEach(() => {
      store.finishObserve('observe', model.sha256, [200, 1500].map(sample.observation));
    });
    const record = sample.quantizedRecord([0, 1], 0.5, 0.5);

    it('commits a trial with its attempt, after which it never changes', () => {
      sample.finish(store, trials.static, record);
      reopen();
      expect(store.finishedTrials(['static-200', 'fp32', 'other'])).toEqual(new Set(['static-200']));
      expect([...store.primaryValues(['static-200', 'fp32'])]).toEqual([['static-200', 0.2]]);
      expect(
        codeOf(() => {
          store.finishTrial(trials.static, model.sha256, record, execution, 'basic', null);
        }),
      ).toBe('finished');
      expect(
        codeOf(() => {
          store.failTrial('static-200', failure);
        }),
      ).toBe('finished');
      expect(rows('SELECT status, provider, timings, kernels FROM v_attempt')).toEqual([
        ['done', 'CPUExecutionProvider', '{"run":12.5,"create":3}', '{"CPUExecutionProvider":{"Conv":2,"Relu":1}}'],
      ]);
      expect([...store.typicalDurations().keys()]).toEqual(['trial']);
    });

    it('prints vectors so that they read back exactly', () => {
      sample.finish(store, trials.static, record);
      expect(rows(`SELECT s FROM smoothing WHERE s_max = 4`)).toEqual([['[2,4]']]);
      const [[text]] = rows('SELECT amax_channels FROM quantizer WHERE amax_channels IS NOT NULL') as [[string]];
      expect(JSON.parse(text)).toEqual([8, 0.1, Math.fround(0.3), 4]);
    });

    it('lets a failed trial finish later', () => {
      const attempt = store.startAttempt({ kind: 'trial', key: 'static-200' }, { device: 'cpu:0' });
      store.failAttempt(attempt, failure);
      store.failTrial('static-200', failure);
      sample.begin(store);
      expect([...store.failedTrials(['static-200', 'fp32']).keys()]).toEqual(['static-200']);
      sample.finish(store, trials.static, record);
      expect(store.failedTrials(['static-200'])).toEqual(new Map());
      expect(rows('SELECT number, status, error_class FROM v_attempt ORDER BY attempt')).toEqual([
        [1, 'failed', 'WorkerDied'],
        [2, 'done', null],
      ]);
    });

    it('stores nothing of a trial with a non-finite loss, and leaves its attempt running', () => {
      const broken = { ...record, losses: [{ ...record.losses[0]!, mse: Infinity }] };
      const attempt = store.startAttempt({ kind: 'trial', key: 'static-200' }, { device: 'cpu:0' });
      const work = (): void => {
        store.finishTrial(trials.static, model.sha256, broken, execution, 'basic', attempt);
      };
      expect(work).toThrow(/layer_loss\.mse of layer "conv1", got Infinity/);
      expect(rows('SELECT count(*) FROM accuracy')).toEqual([[0]]);
      expect(rows(`SELECT status FROM v_trial WHERE key = 'static-200'`)).toEqual([['pending']]);
      store.interruptAttempt(attempt);
      expect(rows('SELECT status FROM v_attempt')).toEqual([['interrupted']]);
    });

    it.each([
      ['a layer', { ...record, losses: [{ ...record.losses[0]!, layer: 'conv9' }] }, 'unknown'],
      ['its primary metric', { ...record, evaluation: { ...record.evaluation, primaryMetric: 'mAP' } }, 'incomplete'],
      [
        'bytes of its outcomes',
        {
          ...record,
          evaluation: { ...record.evaluation, outcomes: [{ ...record.evaluation.outcomes[0]!, count: 99 }] },
        },
        'incomplete',
      ],
    ])('refuses a record that lacks %s', (_, broken, code) => {
      expect(
        codeOf(() => {
          store.finishTrial(trials.static, model.sha256, broken, execution, 'basic', null);
        }),
      ).toBe(code);
    });

    it('refuses trials, models and attempts that it does not know', () => {
      const other = { ...trials.static, key: 'other' };
      expect(
        codeOf(() => {
          store.finishTrial(other, model.sha256, record, execution, 'basic', null);
        }),
      ).toBe('unknown');
      expect(
        codeOf(() => {
          store.finishTrial(trials.static, 'b'.repeat(64), record, execution, 'basic', null);
        }),
      ).toBe('unknown');
      expect(codeOf(() => store.startAttempt({ kind: 'trial', key: 'other' }, { device: 'cpu:0' }))).toBe('unknown');
      expect(
        codeOf(() => {
          store.failAttempt(77, failure);
        }),
      ).toBe('unknown');
    });
  });

  it('reads beside a running writer without the lock', () => {
    const reader = openStoreForReading(path);
    sample.finish(store, trials.fp32, sample.fp32Record);
    expect(reader?.finishedTrials(['fp32'])).toEqual(new Set(['fp32']));
    reader?.close();
    expect(openStoreForReading(`${path}.none`)).toBeNull();
  });
});
