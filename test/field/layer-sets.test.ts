import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { PlannedTrial } from '../../src/plan/plan.js';
import { answerComparison } from '../../src/report/answers/comparison-answer.js';
import { lossesApart, readComparedTrials } from '../../src/report/facts/compared-trials.js';
import { comparedNumbers } from '../../src/report/figures/comparison/compared-numbers.js';
import { toRows } from '../../src/report/query.js';
import { sentenceText } from '../../src/report/answers/sentence.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from '../store/sample-sweep.js';

const { fp32, static: smoothed } = sample.trials;

function variant(key: string, position: number, exclude: readonly string[], samples = 4): PlannedTrial {
  const { layers, loss } = smoothed.settings;
  const settings = { ...smoothed.settings, layers: { ...layers!, exclude }, loss: { ...loss!, samples } };
  return { ...smoothed, key, label: key, position, settings };
}

/** Losses of 0.1 in conv1 and 0.01 in conv2; where conv1 stays float, conv2 alone at 0.005. */
const all = variant('all', 1, []);
const without = variant('without conv1', 2, ['conv1']);
const others = variant('other samples', 3, [], 8);

describe('43: means of losses over other layers', () => {
  let queries: QueryConnection;
  beforeAll(() => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    const plan = { ...sample.plan, trials: [fp32, all, without, others] };
    store.beginSweep(sample.experiment, plan, [sample.model], sample.machine);
    store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
    store.finishReference('reference', sample.model.sha256, sample.reference);
    sample.finish(store, fp32, sample.fp32Record);
    const record = sample.quantizedRecord([0, 1, 2], 0.1, 0.5);
    const second = record.quantizers.map((quantizer) => ({ ...quantizer, layer: 'conv2' }));
    const both = { ...record, quantizers: [...record.quantizers, ...second] };
    sample.finish(store, all, both);
    sample.finish(store, without, {
      ...record,
      quantizers: second,
      losses: record.losses.filter(({ layer }) => layer === 'conv2').map((loss) => ({ ...loss, l1: 0.005 })),
    });
    sample.finish(store, others, { ...both, lossSamples: 8 });
    store.refreshComparisons('tiny');
    store.close();
    queries = openQueries(path);
  });
  afterAll(() => {
    queries.close();
  });

  function compared(one: string, other: string) {
    const facts = readSweepFacts((sql) => queries.query(sql), 'tiny')!;
    const idOf = (label: string): number => facts.trials.find((trial) => trial.label === label)!.trial;
    return readComparedTrials(
      (sql) => queries.query(sql),
      facts,
      [idOf(one), idOf(other)],
      () => null,
    )!;
  }

  const losses = (one: string, other: string): string[] =>
    answerComparison(compared(one, other))
      .findings.map(sentenceText)
      .filter((text) => text.startsWith('Mean L1'));

  it('are compared over the layers that both trials quantize', () => {
    // 0.055 against 0.005 over what each has; 0.01 against 0.005 over conv2.
    expect(losses('all', 'without conv1')).toEqual([
      'Mean L1 of the 1 layer that both quantize: lower in B by 50 % (A 0.01, B 0.005).',
    ]);
    const facts = compared('all', 'without conv1');
    const rows = toRows(queries.query(comparedNumbers.sql(facts)));
    expect(rows.map((row) => row['mean_l1'])).toEqual([0.01, 0.005]);
  });

  it('are not compared over other samples', () => {
    expect(losses('all', 'other samples')).toEqual([]);
    const facts = compared('all', 'other samples');
    expect(toRows(queries.query(comparedNumbers.sql(facts))).map((row) => row['mean_l1'])).toEqual([null, null]);
    expect(lossesApart(facts)).toContain('different samples');
    expect(lossesApart(compared('all', 'without conv1'))).toBeNull();
  });

  it('have a scope that tells them apart, in every list of trials', () => {
    const scopes = queries.query(
      `SELECT t.label, k.loss_scope ->> '$[1]', k.loss_scope ->> '$[2]' FROM v_alike k JOIN v_trial t ON t.sweep = k.sweep AND t.trial = k.trial
       WHERE k.sweep = 'tiny' AND k.role = 'candidate' ORDER BY t.position`,
    ).rows;
    expect(scopes).toEqual([
      ['all', '[0,1]', 4],
      ['without conv1', '[1]', 4],
      ['other samples', '[0,1]', 8],
    ]);
  });

  it('rank no trials together in v_proxy_fidelity: of two sets of one layer each one counts', () => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    const sets = [0, 1, 2, 3, 4].map((index) => variant(`first ${index}`, index + 1, ['conv2', `no${index}`]));
    const rest = [0, 1].map((index) => variant(`second ${index}`, index + 6, ['conv1', `no${index}`]));
    const plan = { ...sample.plan, trials: [fp32, ...sets, ...rest] };
    store.beginSweep(sample.experiment, plan, [sample.model], sample.machine);
    store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
    store.finishReference('reference', sample.model.sha256, sample.reference);
    sample.finish(store, fp32, sample.fp32Record);
    [...sets, ...rest].forEach((planned, index) => {
      const right = Array.from({ length: index }, (_, place) => place);
      const record = sample.quantizedRecord(right, 1 / (index + 1), 0.5);
      const layer = planned.label.startsWith('first') ? 'conv1' : 'conv2';
      sample.finish(store, planned, {
        ...record,
        quantizers: record.quantizers.map((quantizer) => ({ ...quantizer, layer })),
        losses: [{ ...record.losses[0]!, layer }],
      });
    });
    store.close();
    const own = openQueries(path);
    const sql =
      "SELECT trials, rho FROM v_proxy_fidelity WHERE sweep = 'tiny' AND mode = 'accumulated' AND loss = 'l1'";
    expect(own.query(sql).rows).toEqual([[5, 1]]);
    own.close();
  });
});
