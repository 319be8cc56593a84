import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Settings } from '../../src/experiment/sections/settings.js';
import { planSweep } from '../../src/plan/plan-sweep.js';
import { findNamedQuery } from '../../src/store/query/named-queries.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { context } from '../plan/plan-text.js';
import { everyLayer, plainQuantization } from '../quantize/preparations.js';
import * as sample from '../store/sample-sweep.js';

const source = (path: string) => ({ format: 'npy', path, labels: null, groundTruth: null }) as const;

const base: Settings = {
  model: { path: '/m/a.onnx', input: 'x', output: 'y' },
  data: {
    calibration: { source: source('/d/cal.npy'), batchSize: 4, batches: 10, sampleSeed: 1 },
    evaluation: { source: source('/d/eval.npy'), batchSize: 8, samples: 100, stop: { confidence: 0.9 } },
    preprocess: { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 255, mean: [0.5], std: [0.5] },
  },
  task: { kind: 'fidelity', bootstrap: 100 },
  layers: { ...everyLayer('Conv'), exclude: ['head'] },
  quantization: {
    ...plainQuantization(8),
    activation: { ...plainQuantization(8).activation, calibrator: 'percentile', percentile: 99.9 },
    biasCorrection: { method: 'empirical', samples: 16 },
  },
  smoothing: { mode: 'dynamic', alpha: 0.5, absmax: 'channel', apply: 'insert' },
  search: { candidates: [0.3, 0.7], samples: 8, objective: 'l1', order: 'sequential', ties: 'smaller', sweeps: 2 },
  loss: { samples: 16, modes: ['accumulated'] },
  gate: { samples: 4, tolerance: 0.001 },
};

/** Another value for each setting that a trial depends on. */
const others: readonly (readonly [path: string, value: unknown])[] = [
  ['model.path', '/m/b.onnx'],
  ['model.input', 'x2'],
  ['model.output', 'y2'],
  ['data.calibration.source.path', '/d/other.npy'],
  ['data.calibration.batchSize', 5],
  ['data.calibration.batches', 20],
  ['data.calibration.sampleSeed', 2],
  ['data.evaluation.source.path', '/d/others.npy'],
  ['data.evaluation.samples', 90],
  ['data.evaluation.stop.confidence', 0.95],
  ['data.preprocess.layout', 'channelsLast'],
  ['data.preprocess.channelOrder', 'reverse'],
  ['data.preprocess.divideBy', 1],
  ['data.preprocess.mean', null],
  ['data.preprocess.std', [0.25]],
  ['task.bootstrap', 200],
  ['layers.ops', ['Conv', 'Gemm']],
  ['layers.include', ['a*']],
  ['layers.exclude', []],
  ['layers.rules', [{ match: 'first', precision: 'float', activationBits: null, weightBits: null }]],
  ['layers.keepFloat', 1],
  ['quantization.activation.bits', 4],
  ['quantization.activation.calibrator', 'mse'],
  ['quantization.activation.percentile', 99],
  ['quantization.activation.scheme', 'asymmetric'],
  ['quantization.activation.narrowRange', true],
  ['quantization.weight.bits', 4],
  ['quantization.weight.granularity', 'tensor'],
  ['quantization.weight.calibrator', 'mse'],
  ['quantization.weight.scheme', 'asymmetric'],
  ['quantization.weight.narrowRange', true],
  ['quantization.biasCorrection.method', 'none'],
  ['quantization.biasCorrection.samples', 12],
  ['quantization.execution', 'integer'],
  ['smoothing.apply', 'fold'],
  ['smoothing.absmax', 'view'],
  ['search.candidates', [0.1, 0.9]],
  ['search.samples', 6],
  ['search.objective', 'mse'],
  ['search.order', 'isolated'],
  ['search.ties', 'larger'],
  ['loss.samples', 8],
  ['loss.modes', ['isolated']],
  ['gate.samples', 2],
  ['gate.tolerance', 0.01],
];

/**
 * Settings that two alphas may differ in and still be static against dynamic: only one of the two
 * searches.
 */
const ofSearch = new Set(['search.candidates', 'search.samples', 'search.objective', 'search.order', 'search.ties']);

function withValue(settings: Settings, path: string, value: unknown): Settings {
  const copy = structuredClone(settings) as unknown as Record<string, unknown>;
  const parts = path.split('.');
  let inner = copy;
  for (const part of parts.slice(0, -1)) inner = inner[part] as Record<string, unknown>;
  inner[parts.at(-1)!] = value;
  return copy as unknown as Settings;
}

/** Two values of one setting, each with both values of what the comparison is about. */
function sweepOf(name: string, settings: readonly Settings[]) {
  const trials = settings.map((one) => ({ role: 'candidate', settings: one, axes: {} }) as const);
  return planSweep({ ...sample.experiment, name, trials }, context);
}

/** Paths of all that a settings object holds; lists are values. */
function leavesOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, path === '' ? name : `${path}.${name}`));
}

/**
 * What is no setting of its own here: kinds of data and task, what changes no result, and what two
 * modes differ in.
 */
const exempt = new Set([
  'data.calibration.source.format',
  'data.calibration.source.labels',
  'data.calibration.source.groundTruth',
  'data.evaluation.source.format',
  'data.evaluation.source.labels',
  'data.evaluation.source.groundTruth',
  'data.evaluation.batchSize',
  'task.kind',
  'smoothing.mode',
  'smoothing.alpha',
  'search.sweeps',
  'layers.sensitivity',
  'layers.focus',
]);

describe('44: equal settings but for one', () => {
  it('varies every setting there is', () => {
    const varied = new Set(others.map(([path]) => path));
    expect(leavesOf(base).filter((path) => !varied.has(path) && !exempt.has(path))).toEqual([]);
  });

  const path = sample.temporaryDatabase();
  let queries: QueryConnection;
  const about = [
    ['size', 'data.calibration.batches', 20],
    ['absmax', 'smoothing.absmax', 'view'],
    ['alpha', 'smoothing.mode', 'static'],
    ['seed', 'data.calibration.sampleSeed', 2],
  ] as const;

  beforeAll(() => {
    const store = openStore(path);
    for (const [kind, own, value] of about) {
      for (const [varied, other] of others) {
        const two = [base, withValue(base, varied, other)];
        const all = two.flatMap((settings) => [settings, withValue(settings, own, value)]);
        const plan = sweepOf(`${kind} ${varied}`, all);
        const models = ['/m/a.onnx', '/m/b.onnx'].map((file) => ({ ...sample.model, path: file, sha256: file }));
        store.beginSweep({ ...sample.experiment, name: plan.name }, plan, models, sample.machine);
      }
    }
    store.close();
    const tables: Database.Database = openDatabase(path);
    tables.exec(`UPDATE trial SET status = 'done', primary_metric = 'cosine';
      INSERT INTO accuracy (trial_id, metric, slice, value) SELECT id, 'cosine', '', 0.5 FROM trial;
      INSERT INTO trial_coverage (trial_id, layers, quantized_layers, quantized) SELECT id, 2, 2, '[0,1]' FROM trial;
      INSERT INTO quantizer (trial_id, layer_id, role, granularity, bits, signed, amax, amax_unsmoothed, scale, zero_point)
        SELECT t.id, l.id, 'input', 'tensor', 8, 1, 1, 1, 1, 0 FROM trial t JOIN layer l ON l.model_id = t.model_id AND l.position = 0`);
    tables.close();
    queries = openQueries(path);
  });
  afterAll(() => {
    queries.close();
  });

  function count(sql: string, sweep: string): number {
    return Number(queries.query(sql, { sweep }).rows[0]![0]);
  }

  it.each(others)('%s keeps trials apart, whatever is compared', (varied) => {
    const trialsOf = (kind: string): number =>
      count("SELECT count(*) FROM v_trial WHERE sweep = :sweep AND role = 'candidate'", `${kind} ${varied}`);
    // Two pairs of four trials. Where only one of a pair depends on the setting there are three
    // trials, below.
    if (varied !== 'data.calibration.batches') {
      expect(trialsOf('size')).toBe(4);
      const pairs = `SELECT count(*) FROM v_pair WHERE sweep = :sweep AND differs_in = 'data.calibration.batches'`;
      expect(count(pairs, `size ${varied}`)).toBe(2);
      const named = findNamedQuery('calibration-size')!.sql;
      expect(queries.query(named, { sweep: `size ${varied}` }).rows).toHaveLength(2);
    }
    if (varied !== 'smoothing.absmax') {
      expect(trialsOf('absmax')).toBe(4);
      const pairs = `SELECT count(*) FROM v_pair WHERE sweep = :sweep AND differs_in = 'smoothing.absmax'`;
      expect(count(pairs, `absmax ${varied}`)).toBe(2);
      expect(queries.query(findNamedQuery('absmax-method')!.sql, { sweep: `absmax ${varied}` }).rows).toHaveLength(2);
    }
    const isSearch = ofSearch.has(varied);
    expect(trialsOf('alpha')).toBe(isSearch ? 3 : 4);
    const both = 'SELECT count(*) FROM v_static_against_dynamic WHERE sweep = :sweep';
    expect(count(both, `alpha ${varied}`)).toBe(isSearch ? 1 : 2);
    if (varied !== 'data.calibration.sampleSeed') {
      const groups = 'SELECT count(DISTINCT first_trial) FROM v_calibration_noise WHERE sweep = :sweep AND seeds = 2';
      expect(count(groups, `seed ${varied}`)).toBe(2);
    }
  });

  it('counts every dynamic alpha of equal settings among those that the best was chosen from', () => {
    expect(
      queries.query(
        "SELECT static_of, dynamic_of FROM v_static_against_dynamic WHERE sweep = 'alpha search.candidates'",
      ).rows,
    ).toEqual([[1, 2]]);
  });
});

describe('44: samples that a small calibration size caps', () => {
  it('are equal settings, where the small size takes as many as it has', () => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    const of = (batches: number, samples: number): Settings =>
      withValue(withValue(base, 'data.calibration.batches', batches), 'search.samples', samples);
    // 1 batch of 4: 4 of 6 and of 8 samples are one trial, which pairs with both of the larger
    // size.
    const capped = sweepOf('capped', [of(1, 6), of(1, 8), of(10, 6), of(10, 8), of(10, 3)]);
    expect(capped.trials.map(({ settings }) => settings.search!.samples)).toEqual([4, 6, 8, 3]);
    store.beginSweep(
      { ...sample.experiment, name: 'capped' },
      capped,
      [{ ...sample.model, path: base.model.path }],
      sample.machine,
    );
    store.close();
    const tables = openDatabase(path);
    tables.exec(`UPDATE trial SET status = 'done', primary_metric = 'cosine'`);
    tables.close();
    const queries = openQueries(path);
    const sql = `SELECT a.settings ->> '$.search.samples', b.settings ->> '$.search.samples' FROM v_pair p
      JOIN v_trial a ON a.sweep = p.sweep AND a.trial = p.trial JOIN v_trial b ON b.sweep = p.sweep AND b.trial = p.other_trial
      WHERE p.sweep = 'capped' ORDER BY 1, 2`;
    expect(queries.query(sql).rows).toEqual([
      [4, 6],
      [4, 8],
    ]);
    queries.close();
  });
});
