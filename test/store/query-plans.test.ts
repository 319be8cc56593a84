import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commonFilters } from '../../bench/common-filters.js';
import { plainGrid } from '../../bench/synthetic-experiment.js';
import { writeSynthetic } from '../../bench/write-synthetic.js';
import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';

/**
 * Tables that grow with sweeps, trials, layers or stages. Others (environment, model, sweep,
 * migration) stay small.
 */
const largeTables = new Set([
  'accuracy',
  'alpha_curve',
  'amax_snapshot',
  'attempt',
  'bias_correction',
  'channel_stat',
  'comparison',
  'display_histogram',
  'early_stop',
  'histogram',
  'latency',
  'layer',
  'layer_loss',
  'layer_rank',
  'observation',
  'operator_time',
  'quantizer',
  'fp32_reference',
  'reference_warning',
  'sample_outcome',
  'search_curve',
  'smoothing',
  'stage',
  'stage_part',
  'sweep_stage',
  'sweep_trial',
  'trial',
  'trial_coverage',
  'trial_loss',
  'weight_stat',
]);

describe('the plan of a common filter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-plans-'));
  let queries: QueryConnection;
  let tableOf: ReadonlyMap<string, string>;
  beforeAll(() => {
    const path = join(folder, 'plans.db');
    writeSynthetic(path, { ...plainGrid, layers: 4, channels: 4, evaluationSamples: 40 });
    queries = openQueries(path);
    const sql = (type: string): string[] =>
      queries.query('SELECT sql FROM sqlite_schema WHERE type = ?', [type]).rows.map(([text]) => String(text));
    // Names that views give tables: `trial t`, `FROM sweep_trial st`. Of an alias for several
    // tables any may be meant.
    const aliases = sql('view').flatMap((text) => [...text.matchAll(/\b(?:FROM|JOIN)\s+(\w+)\s+(?:AS\s+)?(\w+)/g)]);
    tableOf = new Map([
      ...aliases.filter(([, table]) => largeTables.has(table!)).map(([, table, alias]) => [alias!, table!] as const),
      ...[...largeTables].map((table) => [table, table] as const),
    ]);
  });
  afterAll(() => {
    queries.close();
    rmSync(folder, { recursive: true });
  });

  /** Large tables that a query reads from end to end, as SQLite plans it. */
  function scanned(sql: string): string[] {
    const plan = queries.query(`EXPLAIN QUERY PLAN ${sql}`, { sweep: 'plain', trial: 5, dynamic: 6 });
    const details = plan.rows.map((row) => String(row.at(-1)));
    // Names of subqueries hide those of tables.
    const subqueries = new Set(details.map((detail) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(detail)?.[1]));
    return details.flatMap((detail) => {
      // Of a table function (VIRTUAL TABLE) SQLite always says SCAN: it reads what its arguments
      // ask.
      const [, name] = /^SCAN (\w+)\b(?! VIRTUAL TABLE)/.exec(detail) ?? [];
      const table = name === undefined || subqueries.has(name) ? undefined : tableOf.get(name);
      // A scan of what was materialized for the query is named by the query's own alias.
      return table === undefined || isSubqueryAlias(sql, name!, subqueries) ? [] : [`${table}: ${detail}`];
    });
  }

  function isSubqueryAlias(sql: string, alias: string, subqueries: ReadonlySet<string | undefined>): boolean {
    const view = /FROM (v_\w+)/.exec(sql)![1]!;
    const text = String(queries.query('SELECT sql FROM sqlite_schema WHERE name = ?', [view]).rows[0]![0]);
    return [...text.matchAll(/\b(?:FROM|JOIN)\s+(\w+)\s+(\w+)/g)].some(
      ([, source, name]) => name === alias && subqueries.has(source),
    );
  }

  it.each(commonFilters)('of $view reads no large table from end to end', ({ sql }) => {
    expect(scanned(sql)).toEqual([]);
  });

  it('would be told of, were one scanned', () => {
    expect(scanned('SELECT * FROM v_layer_loss WHERE label = :sweep')).toHaveLength(1);
    expect(scanned('SELECT * FROM v_attempt WHERE device = :sweep')).toHaveLength(1);
  });

  it('is looked at for every documented view', () => {
    const text = readFileSync(new URL('../../docs/SCHEMA.md', import.meta.url), 'utf8');
    const documented = [...text.matchAll(/^### (v_\w+)/gm)].map(([, view]) => view);
    expect(commonFilters.map(({ view }) => view).sort()).toEqual(documented.sort());
  });
});
