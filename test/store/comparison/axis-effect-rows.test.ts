import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { sampleDatabase } from '../../report/sample-database.js';
import { addOutcomes } from '../../report/sample-outcomes.js';
import { openDatabase } from '../../../src/store/file/open-database.js';
import { toRows, type Row } from '../../../src/report/query.js';

const sweep = 'smoothquant-alpha';
const size = 'data.calibration.batches';

describe('v_axis_effect', () => {
  const database = sampleDatabase({ methods: ['channel', 'view'] });
  const rows = (sql: string): Row[] => toRows(database.query(sql, []));
  let effects: Row[];
  beforeAll(() => {
    addOutcomes(database.path);
    effects = rows(`SELECT * FROM v_axis_effect WHERE sweep = '${sweep}' ORDER BY rank, level_order`);
  });
  afterAll(() => {
    database.remove();
  });

  it('has a row for each value of each axis, numbers in order', () => {
    const levels = (axis: string): unknown[] =>
      effects.filter((row) => row['axis'] === axis).map((row) => row['level']);
    expect(levels(size)).toEqual(['200', '1500']);
    expect(levels('smoothing.alpha')).toHaveLength(19);
    expect(new Set(effects.map((row) => row['sweep']))).toEqual(new Set([sweep]));
    expect(new Set(effects.map((row) => row['rank']))).toEqual(
      new Set(Array.from({ length: new Set(effects.map((row) => row['axis'])).size }, (_, place) => place + 1)),
    );
  });

  it.each(['top1', 'mAP'] as const)(
    'says of calibration size what paired_effect says of the pairs of v_pair, for %s',
    (metric) => {
      const database = sampleDatabase({ methods: ['channel', 'view'], metric });
      onTestFinished(() => {
        database.remove();
      });
      addOutcomes(database.path);
      const rows = (sql: string): Row[] => toRows(database.query(sql, []));
      const effects = rows(`SELECT * FROM v_axis_effect WHERE sweep = '${sweep}'`);
      const [pair] = rows(
        `SELECT e.effect, e.ci_low, e.ci_high, e.pairs, e.samples, e.method FROM (
         SELECT json_group_array(trial) AS trials, json_group_array(other_trial) AS others
         FROM v_pair WHERE sweep = '${sweep}' AND differs_in = '${size}' AND extreme AND role = 'candidate') g,
       paired_effect(g.trials, g.others) e`,
      ) as [Row];
      const own = effects.find((row) => row['axis'] === size && row['level'] !== row['best_level'])!;
      // v_pair goes from the small size to the large one, this from the best to the other.
      const sign = own['level'] === '1500' ? 1 : -1;
      const [low, high] = sign === 1 ? ['ci_low', 'ci_high'] : ['ci_high', 'ci_low'];
      expect(own['effect']).toBeCloseTo(sign * Number(pair['effect']), 12);
      expect(own['ci_low']).toBeCloseTo(sign * Number(pair[low]), 12);
      expect(own['ci_high']).toBeCloseTo(sign * Number(pair[high]), 12);
      expect([own['pairs'], own['samples'], own['interval_method']]).toEqual([
        pair['pairs'],
        pair['samples'],
        pair['method'],
      ]);
      expect(Number(pair['pairs'])).toBeGreaterThan(20);
    },
  );

  it('gives shares of one whole to axes and interactions', () => {
    const shares = rows(
      `SELECT DISTINCT axis, importance, total_importance FROM v_axis_effect WHERE sweep = '${sweep}'`,
    );
    const pairs = rows(`SELECT axis, with_axis, importance FROM v_axis_interaction WHERE sweep = '${sweep}'`);
    const sum = [...shares, ...pairs].reduce((total, row) => total + Number(row['importance']), 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(1 + 1e-9);
    for (const { axis, importance, total_importance: total } of shares) {
      const own = pairs.filter((row) => row['axis'] === axis || row['with_axis'] === axis);
      const added = own.reduce((part, row) => part + Number(row['importance']), Number(importance));
      expect(Number(total)).toBeGreaterThanOrEqual(added - 1e-9);
    }
  });

  it('has no rows for a sweep that is not there', () => {
    expect(rows("SELECT * FROM v_axis_effect WHERE sweep = 'none'")).toEqual([]);
    expect(rows("SELECT * FROM axis_effect('none')")).toEqual([]);
    expect(rows('SELECT * FROM axis_effect(NULL)')).toEqual([]);
  });
});

describe('v_axis_effect of trials that do not compare', () => {
  it('never mixes metrics or evaluations, and leaves out what has not finished', () => {
    const database = sampleDatabase({ dynamic: false, failed: 2 });
    const tables = openDatabase(database.path);
    // The first ten candidates are judged on other data.
    tables.exec(`UPDATE trial SET fp32_key = 'other' WHERE id IN
      (SELECT id FROM trial WHERE role = 'candidate' AND status = 'done' ORDER BY id LIMIT 10)`);
    tables.close();
    const rows = toRows(
      database.query(
        `SELECT DISTINCT evaluation = 'other' AS is_other, comparable, axis, sum(trials) AS trials
         FROM v_axis_effect WHERE axis = 'smoothing.alpha' GROUP BY evaluation, axis ORDER BY comparable`,
        [],
      ),
    );
    expect(rows).toEqual([
      { is_other: 1, comparable: 10, axis: 'smoothing.alpha', trials: 10 },
      { is_other: 0, comparable: 26, axis: 'smoothing.alpha', trials: 26 },
    ]);
    database.remove();
  });

  it('says that a file is damaged where outcomes differ in size', () => {
    const database = sampleDatabase({ dynamic: false });
    addOutcomes(database.path);
    const tables = openDatabase(database.path);
    tables.exec(
      `UPDATE sample_outcome SET data = x'00' WHERE trial_id = (SELECT max(id) FROM trial WHERE role = 'candidate')`,
    );
    tables.close();
    expect(() => database.query(`SELECT * FROM v_axis_effect`, [])).toThrow(/bytes of stored outcomes .* damaged/);
    database.remove();
  });
});
