import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tmpdir } from 'node:os';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoModel, quantsweep } from '../cli/command-line.js';
import { demoScenes, everyKindOfNumber } from './every-kind-of-number.js';
import { differences, storedColumns, type StoredColumns } from './stored-rows.js';

const experiment = everyKindOfNumber(demoModel, `${demoScenes}dataset.mjs`);

async function sweep(...settings: readonly string[]): Promise<{ columns: StoredColumns; seeds: readonly unknown[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-determinism-'));
  try {
    writeFileSync(join(folder, 'sweep.yaml'), experiment);
    const ended = await quantsweep(
      folder,
      'run',
      '--allow-code',
      'sweep.yaml',
      ...settings.flatMap((setting) => ['--set', setting]),
    );
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    const database = join(folder, 'quantsweep.db');
    const seeds = queryDatabase(
      database,
      `SELECT 'calibration source', settings ->> '$.calibration.source.options.seed' FROM v_trial WHERE calibration_batches > 0
       UNION SELECT 'evaluation source', settings ->> '$.evaluation.source.options.seed' FROM v_trial
       UNION SELECT 'order of calibration samples', calibration_seed FROM v_trial WHERE calibration_seed IS NOT NULL
       UNION SELECT 'resampling', ci_seed FROM v_accuracy WHERE ci_method = 'bootstrap' ORDER BY 1, 2`,
    ).rows;
    return { columns: storedColumns(database), seeds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the stored numbers of a sweep', () => {
  let first: Awaited<ReturnType<typeof sweep>>;
  beforeAll(async () => {
    first = await sweep();
  });

  it('are of every table that holds results', () => {
    const filled = [...first.columns]
      .filter(([, values]) => values.length > 0)
      .map(([column]) => column.split('.')[0]!);
    for (const table of [
      'accuracy',
      'alpha_curve',
      'bias_correction',
      'comparison',
      'display_histogram',
      'histogram',
    ]) {
      expect(filled).toContain(table);
    }
    for (const table of [
      'layer_loss',
      'layer_rank',
      'moments',
      'quantizer',
      'sample_outcome',
      'search_curve',
      'smoothing',
    ]) {
      expect(filled).toContain(table);
    }
  });

  it('are bit-equal when the sweep runs again', async () => {
    expect(differences(first.columns, (await sweep()).columns)).toEqual({});
  });

  it('are bit-equal on one slot, with two threads', async () => {
    const other = await sweep('run.slots=1', 'run.threads=2');
    expect(differences(first.columns, other.columns)).toEqual({});
  });

  it.each([1, 3, 8])('are bit-equal with evaluation batches of %i', async (size) => {
    const other = await sweep(`data.evaluation.batchSize=${size}`);
    expect(differences(first.columns, other.columns)).toEqual({});
  });

  it('differ where anything that they depend on does', async () => {
    const other = await sweep('data.calibration.options={seed: 4, scenes: 8}');
    expect(Object.keys(differences(first.columns, other.columns)).length).toBeGreaterThan(10);
  });

  it('have every seed beside them', () => {
    expect(first.seeds).toEqual([
      ['calibration source', 2],
      ['evaluation source', 3],
      ['order of calibration samples', 5],
      ['order of calibration samples', 7],
      ['resampling', 20221118],
    ]);
  });
});
