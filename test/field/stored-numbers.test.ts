import { describe, expect, it } from 'vitest';

import { openQueries } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { pValueText } from '../../src/report/number-text.js';
import * as sample from '../store/sample-sweep.js';

const { fp32, static: smoothed } = sample.trials;

describe('7: bias corrections of folded layers', () => {
  it('are told in the units of the layer’s output, and exported as the model has them', () => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    store.beginSweep(sample.experiment, { ...sample.plan, trials: [fp32, smoothed] }, [sample.model], sample.machine);
    store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
    store.finishReference('reference', sample.model.sha256, sample.reference);
    sample.finish(store, smoothed, {
      ...sample.quantizedRecord([0], 0.1, 0.5),
      biasCorrections: [
        // The output of conv1 is divided by 4, 1, 0.5 and 8 in the folded model; conv2 is not
        // followed by a folded layer.
        {
          layer: 'conv1',
          correction: Float32Array.of(0.5, -1, 2, 0.25),
          outputFactors: Float32Array.of(4, 1, 0.5, 8),
        },
        { layer: 'conv2', correction: Float32Array.of(0.5, -0.75, 0, 0), outputFactors: null },
      ],
    });
    store.close();
    const queries = openQueries(path);
    expect(
      queries.query("SELECT layer, correction_max, correction FROM v_bias_correction WHERE sweep = 'tiny'").rows,
    ).toEqual([
      ['conv1', 2, '[2,-1,1,2]'],
      ['conv2', 0.75, '[0.5,-0.75,0,0]'],
    ]);
    // What export takes off the folded model's bias.
    expect(queries.query('SELECT correction FROM bias_correction ORDER BY layer_id').rows[0]).toEqual([
      '[0.5,-1,2,0.25]',
    ]);
    queries.close();
  });
});

describe('7: p of a bootstrap', () => {
  it('is no less than its replicates can count, which the database says', () => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    store.beginSweep(sample.experiment, { ...sample.plan, trials: [fp32, smoothed] }, [sample.model], sample.machine);
    store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
    const replicates = (value: number) => {
      const values = Float64Array.from({ length: 400 }, (_, index) => value + 1e-6 * Math.sin(index));
      const data = new Uint8Array(values.buffer);
      const accuracy = {
        metric: 'mAP',
        slice: '',
        value,
        ciLow: 0,
        ciHigh: 1,
        ciMethod: 'bootstrap',
        correct: null,
        total: null,
      } as const;
      return {
        primaryMetric: 'mAP',
        samples: 10,
        accuracies: [accuracy],
        outcomes: [{ metric: 'mAP', kind: 'bootstrap', count: 400, data }],
      } as const;
    };
    store.finishReference('reference', sample.model.sha256, { ...sample.reference, evaluation: replicates(0.9) });
    sample.finish(store, fp32, { ...sample.fp32Record, evaluation: replicates(0.9) });
    sample.finish(store, smoothed, { ...sample.quantizedRecord([0], 0.1, 0.5), evaluation: replicates(0.5) });
    store.refreshComparisons('tiny');
    store.close();
    const queries = openQueries(path);
    const columns = 'method, p_relation, p_value, replicates, significant, differs';
    const expected = ['paired bootstrap', '<=', 2 / 401, 400, 1, 1];
    const stored = `SELECT ${columns} FROM v_comparison WHERE sweep = 'tiny' AND against = 'fp32' AND difference < 0`;
    expect(queries.query(stored).rows).toEqual([expected]);
    const pair = "SELECT min(trial), max(trial) FROM v_trial WHERE sweep = 'tiny'";
    const [[one, other]] = queries.query(pair).rows as [[number, number]];
    const called = `SELECT ${columns.replace(', differs', '')} FROM compare_trials(${one}, ${other})`;
    expect(queries.query(called).rows).toEqual([expected.slice(0, -1)]);
    expect(pValueText(2 / 401, '<=')).toBe('p ≤ 0.005');
    // On which side of 0.05.
    expect([0.0488, 0.052].map((p) => pValueText(p))).toEqual(['p = 0.049', 'p = 0.052']);
    queries.close();
  });
});
