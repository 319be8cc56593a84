import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Query } from '../../src/report/query.js';
import { SampleWriter } from './sample-writer.js';

/** What a synthetic sweep is like; every field has a default in {@link defaultSample}. */
export interface Sample {
  readonly name: string;
  readonly question: string | null;
  readonly metric: 'top1' | 'mAP';
  readonly fp32: number;
  readonly unsmoothed: number;
  /** Height of the accuracy curve's top. */
  readonly top: number;
  readonly alphas: readonly number[];
  readonly sizes: readonly number[];
  readonly methods: readonly ('channel' | 'view')[];
  readonly weightBits: readonly number[];
  readonly dynamic: boolean;
  readonly baselines: readonly ('fp32' | 'unsmoothed')[];
  readonly layers: readonly string[];
  /** The last so many trials failed, and so many before them are pending. */
  readonly failed: number;
  readonly pending: number;
  /** False leaves v_comparison empty. */
  readonly compared: boolean;
  readonly evaluationSamples: number;
}

/** The shape of DESIGN section 3: 43 trials on a small residual network. */
export const defaultSample: Sample = {
  name: 'smoothquant-alpha',
  question: 'Which alpha keeps the most accuracy, does dynamic alpha beat it, and does more calibration pay?',
  metric: 'top1',
  fp32: 0.8642,
  unsmoothed: 0.6131,
  top: 0.8471,
  alphas: Array.from({ length: 19 }, (_, index) => Number((0.05 * (index + 1)).toFixed(2))),
  sizes: [200, 1500],
  methods: ['channel'],
  weightBits: [8],
  dynamic: true,
  baselines: ['fp32', 'unsmoothed'],
  layers: Array.from({ length: 12 }, (_, i) => `/layer${Math.floor(i / 4) + 1}/layer${Math.floor(i / 4) + 1}.${Math.floor((i % 4) / 2)}/conv${(i % 2) + 1}/Conv_output_0`),
  failed: 0,
  pending: 0,
  compared: true,
  evaluationSamples: 10_000,
};

/** Names as an attacker or a careless person would give them. */
export const hostileName = `<script>alert(1)</script>'"&</script><!--\u2028 \`\${x}\``;

/** A temporary database with one synthetic sweep for each sample. */
export interface SampleDatabase {
  readonly path: string;
  readonly query: Query;
  readonly remove: () => void;
}

/** Builds a database from the project's own migration; the caller removes it. */
export function sampleDatabase(...samples: readonly Partial<Sample>[]): SampleDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-report-'));
  const path = join(folder, 'sample.db');
  const database = new Database(path);
  database.exec(readFileSync(new URL('../../migrations/0001-initial.sql', import.meta.url), 'utf8'));
  database.transaction(() => {
    samples.forEach((sample, index) => {
      new SampleWriter(database, { ...defaultSample, ...sample }, index).write();
    });
  })();
  return {
    path,
    query: (sql, params) => {
      const statement = database.prepare<unknown[], unknown[]>(sql).raw(true);
      const rows = statement.all(...params);
      return { columns: statement.columns().map((column) => column.name), rows };
    },
    remove: () => {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
