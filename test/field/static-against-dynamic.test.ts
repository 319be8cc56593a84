import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exactMcNemar } from '../../src/statistics/mcnemar.js';
import type { PlannedTrial } from '../../src/plan/plan.js';
import { answerSweep } from '../../src/report/answers/answer.js';
import { staticAgainstDynamic } from '../../src/report/figures/sweep/static-against-dynamic.js';
import { keyTrials } from '../../src/report/answers/key-trials.js';
import { toRows } from '../../src/report/query.js';
import { sentenceText } from '../../src/report/answers/sentence.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { findNamedQuery } from '../../src/store/query/named-queries.js';
import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from '../store/sample-sweep.js';

const { fp32, static: smoothed, dynamic } = sample.trials;

function variant(planned: PlannedTrial, key: string, position: number, settings: Partial<PlannedTrial['settings']>) {
  return { ...planned, key, label: key, position, settings: { ...planned.settings, ...settings } };
}

const cle = variant(smoothed, 'cle', 5, { smoothing: { mode: 'cle', alpha: null, absmax: null, apply: 'fold' } });
const auto = variant(smoothed, 'static alpha=auto', 6, {
  smoothing: { mode: 'auto', alpha: null, absmax: 'channel', apply: 'insert' },
  search: { ...dynamic.settings.search!, order: 'output' },
});

/** A database in which each trial gets so many of ten samples right, the first ones. */
function filled(right: readonly (readonly [PlannedTrial, number])[]): QueryConnection {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  const trials = [fp32, ...right.map(([planned]) => planned)];
  store.beginSweep(sample.experiment, { ...sample.plan, trials }, [sample.model], sample.machine);
  store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
  store.finishReference('reference', sample.model.sha256, sample.reference);
  store.finishSearch('search', sample.model.sha256, sample.search);
  sample.finish(store, fp32, sample.fp32Record);
  for (const [planned, count] of right) {
    const correct = Array.from({ length: count }, (_, index) => index);
    sample.finish(store, planned, sample.quantizedRecord(correct, 0.1, 0.4));
  }
  store.refreshComparisons('tiny');
  store.close();
  return openQueries(path);
}

function factsOf(queries: QueryConnection) {
  return readSweepFacts((sql) => queries.query(sql), 'tiny')!;
}

function sentenceOf(queries: QueryConnection): string {
  const texts = answerSweep(factsOf(queries)).findings.map(sentenceText);
  return texts.find((text) => text.startsWith('Static against dynamic'))!.replaceAll('\u00a0', ' ');
}

describe('1: static against dynamic where neither is the best of the sweep', () => {
  let queries: QueryConnection;
  beforeAll(() => {
    queries = filled([
      [smoothed, 1],
      [dynamic, 8],
      [cle, 10],
    ]);
  });
  afterAll(() => {
    queries.close();
  });

  it('names the one that is ahead, with the test of these two', () => {
    expect(factsOf(queries).best?.label).toBe('cle');
    const p = exactMcNemar(0, 7);
    expect(p).toBeCloseTo(0.015625, 12);
    expect(sentenceOf(queries)).toBe(
      'Static against dynamic alpha: dynamic is ahead by 70.0 points (static alpha=0.5, 200 batches 10.0 %, dynamic alpha, 200 batches 80.0 %); statistically significant (McNemar p = 0.02).',
    );
  });

  it('is the same in the named query, the view and the figure', () => {
    const named = queries.query(findNamedQuery('static-against-dynamic')!.sql, { sweep: 'tiny' });
    const row = Object.fromEntries(named.columns.map((column, index) => [column, named.rows[0]![index]]));
    expect(row).toMatchObject({ static_value: 0.1, dynamic_value: 0.8, dynamic_label: 'dynamic alpha, 200 batches' });
    const facts = factsOf(queries);
    const rows = toRows(queries.query(staticAgainstDynamic.sql(facts)));
    expect(rows.map(({ label, value }) => [label, value])).toEqual([
      ['static alpha=0.5, 200 batches', 0.1],
      ['dynamic alpha, 200 batches', 0.8],
    ]);
  });
});

describe('1: an alpha that auto chose', () => {
  it('is a static one, by divergence, and called so', () => {
    const queries = filled([
      [smoothed, 1],
      [dynamic, 8],
      [auto, 9],
    ]);
    expect(sentenceOf(queries)).toBe(
      'Static against dynamic alpha: static is ahead by 10.0 points (static alpha=auto (static alpha 0.4, chosen by divergence) 90.0 %, dynamic alpha, 200 batches 80.0 %); not statistically significant (McNemar p = 1).',
    );
    expect(keyTrials(factsOf(queries)).map(({ what }) => what)).toContain('best, best static by divergence');
    queries.close();
  });
});

describe('4: the best is one trial everywhere', () => {
  it('is the first of equals, by one view', () => {
    const queries = filled([
      [smoothed, 8],
      [dynamic, 8],
      [cle, 7],
    ]);
    const facts = factsOf(queries);
    const best = queries.query("SELECT label, chosen_from FROM v_place WHERE sweep = 'tiny' AND place = 1").rows;
    expect(best).toEqual([[smoothed.label, 3]]);
    expect(facts.best?.label).toBe(smoothed.label);
    const against = "SELECT DISTINCT other_label FROM v_comparison WHERE sweep = 'tiny' AND against = 'best'";
    expect(queries.query(against).rows).toEqual([[smoothed.label]]);
    const named = queries.query(findNamedQuery('best')!.sql, { sweep: 'tiny', limit: 1 });
    expect(named.rows[0]![named.columns.indexOf('label')]).toBe(smoothed.label);
    queries.close();
  });
});
