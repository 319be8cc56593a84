import { copyFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ChannelHistograms } from '../../../src/records/channel-histograms.js';
import type { DisplayHistograms, ObservationRecord } from '../../../src/records/observation-record.js';
import { openDatabase } from '../../../src/store/file/open-database.js';
import { openQueries, queryDatabase, type QueryConnection } from '../../../src/store/query/query-database.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { tableFunctions } from '../../../src/store/query/table-functions.js';
import * as sample from '../sample-sweep.js';

/**
 * Channel 0: 3 values in [0, 0.5); channel 1: 1 in [0, 2), 200 in [2, 4). Below zero 7 in channel
 * 1's [-2, 0).
 */
const histograms: ChannelHistograms = {
  binWidth: Float64Array.of(0.5, 2),
  positive: Uint8Array.of(1, 3, 2, 1, 0x80 | 72, 1),
  negative: Uint8Array.of(0, 1, 7),
};

/** Of 16 samples: in both layers, 5 values in [0, 4) a channel and none below zero. */
const display: DisplayHistograms = {
  samples: 16,
  inputs: [
    {
      layer: 'conv1',
      histograms: { binWidth: Float64Array.of(4, 4), positive: Uint8Array.of(1, 5, 1, 5), negative: null },
    },
    { layer: 'conv2', histograms: { binWidth: Float64Array.of(4), positive: Uint8Array.of(1, 5), negative: null } },
  ],
};

/** The sample with full histograms of conv1 at 200 batches, and with those to look at. */
function fill(path: string): void {
  const plain = sample.observation(200);
  const observation: ObservationRecord = {
    ...plain,
    inputs: plain.inputs.map((input) => (input.layer === 'conv1' ? { ...input, histograms } : input)),
  };
  const store = openStore(path);
  sample.begin(store);
  store.finishObserve(
    'observe',
    sample.model.sha256,
    [sample.observation(1), observation, sample.observation(1500)],
    display,
  );
  store.finishReference('reference', sample.model.sha256, sample.reference);
  store.finishSearch('search', sample.model.sha256, sample.search);
  sample.finish(store, sample.trials.fp32, sample.fp32Record);
  sample.finish(store, sample.trials.unsmoothed, sample.quantizedRecord([0, 9], 0.08, null));
  sample.finish(store, sample.trials.static, sample.quantizedRecord([0, 1, 2, 3, 4, 5, 6, 7], 0.02, 0.5));
  store.refreshComparisons(sample.plan.name);
  store.close();
}

describe('table functions', () => {
  const path = sample.temporaryDatabase();
  let queries: QueryConnection;
  const rows = (sql: string) => queries.query(sql).rows;
  /** A copy of the database that was written to. */
  function edited(sql: string): string {
    const copy = sample.temporaryDatabase();
    copyFileSync(path, copy);
    const database = openDatabase(copy);
    database.exec(sql);
    database.close();
    return copy;
  }
  beforeAll(() => {
    fill(path);
    queries = openQueries(path);
  });
  afterAll(() => {
    queries.close();
  });

  describe('activation_histogram', () => {
    it('has bins before and after smoothing, over the amax of each', () => {
      // s is [2, 4]: channel 0 ends at 14.14 / 2, channel 1 at 8 / 4.
      expect(
        rows(`SELECT quantity, count(*), min(bin), max(bin), min(low), max(high), sum(count), min(samples), typeof(sum(count))
              FROM activation_histogram(3, 'conv1') GROUP BY quantity ORDER BY quantity DESC`),
      ).toEqual([
        ['before', 128, 0, 127, -Math.sqrt(200), Math.sqrt(200), 211, 800, 'integer'],
        ['after', 128, 0, 127, -Math.sqrt(200) / 2, Math.sqrt(200) / 2, 211, 800, 'integer'],
      ]);
    });

    it('moves each channel by its own s', () => {
      const inside = (quantity: string, low: number, high: number) =>
        rows(`SELECT sum(count) FROM activation_histogram(3, 'conv1')
              WHERE quantity = '${quantity}' AND high > ${low} AND low < ${high}`)[0]![0];
      expect(inside('before', 2.3, 3.9)).toBeGreaterThan(150);
      expect(inside('after', 2.3, 3.9)).toBe(0);
      expect(inside('after', 0.5, 1)).toBeGreaterThanOrEqual(200);
    });

    it('is of the first samples where there is no full one', () => {
      // conv2: one channel with values in 0..4, s = 1.
      expect(
        rows(`SELECT quantity, min(low), max(high), sum(count), count(*), min(samples)
              FROM activation_histogram(3, 'conv2') GROUP BY quantity ORDER BY quantity DESC`),
      ).toEqual([
        ['before', 0, 4, 5, 128, 16],
        ['after', 0, 4, 5, 128, 16],
      ]);
    });

    it('has no rows where an earlier version observed', () => {
      const copy = edited(`DELETE FROM display_histogram`);
      expect(queryDatabase(copy, `SELECT * FROM activation_histogram(3, 'conv2')`).rows).toEqual([]);
    });

    it('can be joined with views, its arguments taken from them', () => {
      expect(
        rows(`SELECT t.trial, l.layer, sum(h.count) FROM v_trial t, v_layer l, activation_histogram(t.trial, l.layer) h
              WHERE h.quantity = 'before' GROUP BY 1, 2 ORDER BY 1, 2`),
      ).toEqual([
        [2, 'conv1', 211],
        [2, 'conv2', 5],
        [3, 'conv1', 211],
        [3, 'conv2', 5],
      ]);
    });

    it('has only what is before smoothing where the trial keeps the layer in float', () => {
      const copy = edited(`DELETE FROM smoothing`);
      const sql = `SELECT DISTINCT quantity FROM activation_histogram(3, 'conv1')`;
      expect(queryDatabase(copy, sql).rows).toEqual([['before']]);
    });

    it.each([
      ['FP32', `1, 'conv1'`],
      ['a pending trial', `5, 'conv1'`],
      ['an unknown layer', `3, 'conv'`],
      ['an unknown trial', `99, 'conv1'`],
      ['NULL', `NULL, NULL`],
      ['other types', `x'00', 1.5`],
    ])('has no rows for %s', (_, args) => {
      expect(rows(`SELECT * FROM activation_histogram(${args})`)).toEqual([]);
    });

    it.each([
      ['bytes that do not inflate', `UPDATE histogram SET bins = x'00ff'`],
      ['histograms of another layer', `DELETE FROM channel_stat WHERE channel = 1`],
      ['s of another layer', `UPDATE smoothing SET s = '[1]'`],
      ['s of 0', `UPDATE smoothing SET s = '[1, 0]'`],
    ])('says that the file is damaged where it holds %s', (_, sql) => {
      const copy = edited(sql);
      expect(() => queryDatabase(copy, `SELECT * FROM activation_histogram(3, 'conv1')`)).toThrow(
        /^The stored .*conv1 of trial 3.*damaged/,
      );
    });
  });

  describe('channel_histogram', () => {
    it('is of one channel, over its own range', () => {
      const columns = 'min(low), max(high), sum(count), count(*), max(bin), min(samples)';
      expect(rows(`SELECT ${columns} FROM channel_histogram(3, 'conv1', 0)`)).toEqual([
        [0, Math.sqrt(200), 3, 128, 127, 800],
      ]);
      expect(rows(`SELECT ${columns} FROM channel_histogram(3, 'conv1', 1)`)).toEqual([[-8, 8, 208, 128, 127, 800]]);
      expect(rows(`SELECT sum(count) FROM channel_histogram(3, 'conv1', 1) WHERE high <= 0`)).toEqual([[7]]);
    });

    it.each(['2', '-1', '0.5', `'0'`, 'NULL'])('has no rows for channel %s', (channel) => {
      expect(rows(`SELECT * FROM channel_histogram(3, 'conv1', ${channel})`)).toEqual([]);
    });

    it('adds up to the histogram of the layer', () => {
      expect(
        rows(`SELECT (SELECT sum(count) FROM v_channel c, channel_histogram(c.trial, c.layer, c.channel)
                      WHERE c.trial = 3 AND c.layer = 'conv1') -
                     (SELECT sum(count) FROM activation_histogram(3, 'conv1') WHERE quantity = 'after')`),
      ).toEqual([[0]]);
    });
  });

  describe('expected_input_error', () => {
    it('begins with the quantizer of the trial, then has others that differ in one setting', () => {
      const all = rows(`SELECT setting, value, percentile, bits, signed, low, high, ratio, samples
                        FROM expected_input_error(3, 'conv1')`);
      expect(all[0]).toEqual([null, null, null, 8, 1, -2, 2, 1, 800]);
      const others = all.slice(1).map(([setting, value, percentile]) => [setting, value, percentile].join(' '));
      expect(others.filter((text) => !text.startsWith('smoothing.alpha'))).toEqual([
        ...['unsigned', 'auto', 'asymmetric'].map((value) => `quantization.activation.scheme ${value} `),
        ...['percentile 99.9', 'percentile 99.99', 'entropy ', 'mse '].map(
          (value) => `quantization.activation.calibrator ${value}`,
        ),
        ...[2, 3, 4, 5, 6, 7, 16].map((bits) => `quantization.activation.bits ${bits} `),
      ]);
      // 19 alphas, without the trial's own 0.5.
      expect(others.filter((text) => text.startsWith('smoothing.alpha'))).toHaveLength(18);
    });

    it('shrinks as bits are added, here below a thousandth', () => {
      const [[ratio]] = rows(`SELECT ratio FROM expected_input_error(3, 'conv1') WHERE value = '16'`) as [[number]];
      expect(ratio).toBeLessThan(1e-3);
    });

    it.each([
      ['FP32', `1, 'conv1'`],
      ['a pending trial', `5, 'conv1'`],
      ['a layer without a quantizer', `3, 'conv2'`],
      ['an unknown trial', `99, 'conv1'`],
      ['NULL', `NULL, NULL`],
    ])('has no rows for %s', (_, args) => {
      expect(rows(`SELECT * FROM expected_input_error(${args})`)).toEqual([]);
    });

    it('says that the file is damaged where its bytes are', () => {
      const copy = edited(`UPDATE histogram SET bins = x'00ff'`);
      expect(() => queryDatabase(copy, `SELECT * FROM expected_input_error(3, 'conv1')`)).toThrow(
        /^The stored .*conv1 of trial 3.*damaged/,
      );
    });
  });

  describe('compare_trials', () => {
    it('is what v_comparison holds of each of its pairs', () => {
      const columns = 'metric, difference, method, p_value, ci_low, ci_high, only_trial, only_other, significant';
      const stored = rows(`SELECT trial, other_trial, ${columns} FROM v_comparison ORDER BY 1, 2, against`);
      expect(stored.length).toBeGreaterThan(3);
      expect(
        rows(`SELECT v.trial, v.other_trial, ${columns.replaceAll(/\w+/g, 'c.$&')}
              FROM v_comparison v, compare_trials(v.trial, v.other_trial) c ORDER BY 1, 2, v.against`),
      ).toEqual(stored);
    });

    it('counts what both, either and neither get right, either way round', () => {
      const columns = 'value, other_value, only_trial, only_other, both, neither';
      // Of ten: static 0-7, unsmoothed 0 and 9.
      expect(rows(`SELECT ${columns} FROM compare_trials(3, 2)`)).toEqual([[0.8, 0.2, 7, 1, 1, 1]]);
      expect(rows(`SELECT ${columns} FROM compare_trials(2, 3)`)).toEqual([[0.2, 0.8, 1, 7, 1, 1]]);
    });

    it.each([
      ['a trial and itself', '3, 3'],
      ['a trial that is not done', '3, 4'],
      ['an unknown trial', '3, 99'],
      ['NULL', 'NULL, 3'],
    ])('has no row for %s', (_, args) => {
      expect(rows(`SELECT * FROM compare_trials(${args})`)).toEqual([]);
    });

    it('has no row for trials of different evaluations', () => {
      const copy = edited(`UPDATE trial SET fp32_key = 'other' WHERE id = 2`);
      expect(queryDatabase(copy, 'SELECT * FROM compare_trials(3, 2)').rows).toEqual([]);
      expect(queryDatabase(copy, 'SELECT * FROM compare_trials(3, 1)').rows).toHaveLength(1);
    });

    it('says that the file is damaged where outcomes differ in size', () => {
      const copy = edited(`UPDATE sample_outcome SET data = x'00' WHERE trial_id = 3`);
      expect(() => queryDatabase(copy, 'SELECT * FROM compare_trials(3, 2)')).toThrow(/damaged/);
    });
  });

  it.each(tableFunctions)('$name asks for its arguments', ({ name, parameters }) => {
    expect(() => rows(`SELECT * FROM ${name}`)).toThrow(expect.objectContaining({ code: 'bad-query' }));
    if (parameters.length > 1) expect(() => rows(`SELECT * FROM ${name}(3)`)).toThrow(/lacks an argument/);
  });

  it('can be neither written nor called by a view of the file', () => {
    expect(() => rows(`INSERT INTO activation_histogram VALUES (1, 2, 3, 4, 5, 6) RETURNING bin`)).toThrow(/INSERT/);
    const copy = edited(`CREATE VIEW v_mine AS SELECT * FROM compare_trials(3, 2)`);
    expect(() => queryDatabase(copy, 'SELECT * FROM v_mine')).toThrow(/unsafe use/);
  });
});
