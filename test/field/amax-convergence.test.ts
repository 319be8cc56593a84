import type Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { amaxConvergence } from '../../src/report/figures/sweep/amax-convergence.js';
import { toRows } from '../../src/report/query.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { findNamedQuery } from '../../src/store/query/named-queries.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { openQueries } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from '../store/sample-sweep.js';

/**
 * The tiny sweep, whose pass over seed null has two layers, with a second pass over seed 7 and what
 * entropy finds.
 */
function database(): string {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  sample.fill(store);
  store.close();
  const tables: Database.Database = openDatabase(path);
  const settings = JSON.stringify({
    calibration: { source: { format: 'npy', path: '/d/cal.npy' }, batchSize: 4, batches: 200, sampleSeed: 7 },
  });
  const model = tables.prepare('SELECT id FROM model').pluck().get();
  tables
    .prepare(
      "INSERT INTO stage (id, key, kind, status, model_id, settings) VALUES (90, 'other', 'observe', 'done', ?, ?)",
    )
    .run(model, settings);
  tables.exec(`INSERT INTO sweep_stage (sweep_id, stage_id) SELECT id, 90 FROM sweep;
    INSERT INTO observation (id, stage_id, batches, samples, result) VALUES (91, 90, 1, 4, x''), (92, 90, 200, 800, x'');
    INSERT INTO amax_snapshot (observation_id, layer_id, calibrator, amax)
      SELECT o.column1, l.id, 'max', o.column2 FROM (VALUES (91, 5.0), (92, 10.0)) o JOIN layer l;
    INSERT INTO amax_snapshot (observation_id, layer_id, calibrator, amax)
      SELECT observation_id, layer_id, 'entropy', amax / 3 FROM amax_snapshot WHERE calibrator = 'max'`);
  tables.close();
  return path;
}

describe('4 and 44: how amax converges', () => {
  it('is told pass by pass, with calibrator, model, seed and source', () => {
    const queries = openQueries(database());
    const { columns, rows } = queries.query(findNamedQuery('amax-convergence')!.sql, { sweep: 'tiny' });
    const told = rows.map((row) =>
      ['calibration_seed', 'batches', 'layers', 'mean_share', 'calibrator', 'model'].map(
        (column) => row[columns.indexOf(column)],
      ),
    );
    // conv1: absmax 8 at 1 and 200 batches (sqrt(200) = 14.1), 38.7 at 1500; conv2: 4 throughout.
    const share = (amax: number): unknown => expect.closeTo((amax / Math.sqrt(1500) + 1) / 2, 12);
    expect(told).toEqual([
      [null, 1, 2, share(8), 'max', 'tiny.onnx'],
      [null, 200, 2, share(Math.sqrt(200)), 'max', 'tiny.onnx'],
      [null, 1500, 2, 1, 'max', 'tiny.onnx'],
      [7, 1, 2, 0.5, 'max', 'tiny.onnx'],
      [7, 200, 2, 1, 'max', 'tiny.onnx'],
    ]);
    const calibrated = `SELECT DISTINCT calibrator, model, calibration_seed, source ->> '$.path', batch_size FROM v_calibrated_amax
      WHERE sweep = 'tiny' AND batches = 200 ORDER BY 3, 1`;
    expect(queries.query(calibrated).rows).toEqual([
      ['entropy', 'tiny.onnx', null, '/data/batch.bin', 4],
      ['max', 'tiny.onnx', null, '/data/batch.bin', 4],
      ['entropy', 'tiny.onnx', 7, '/d/cal.npy', 4],
      ['max', 'tiny.onnx', 7, '/d/cal.npy', 4],
    ]);
    queries.close();
  });

  it('is drawn from the same rows: one calibrator, one pass', () => {
    const queries = openQueries(database());
    const facts = readSweepFacts((sql) => queries.query(sql), 'tiny')!;
    const rows = toRows(queries.query(amaxConvergence.sql(facts)));
    const view = toRows(
      queries.query(
        `SELECT batches, position, amax, share_of_largest FROM v_amax_convergence WHERE sweep = 'tiny' AND calibration_seed IS NULL
         ORDER BY position, batches`,
      ),
    );
    expect(
      rows.map(({ batches, position, amax, share_of_largest }) => ({ batches, position, amax, share_of_largest })),
    ).toEqual(view);
    expect(view).toHaveLength(6);
    const shares = rows
      .filter(({ position }) => position === 0)
      .map(({ share_of_largest }) => Number(share_of_largest));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    queries.close();
  });
});
