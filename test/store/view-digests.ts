import { createHash } from 'node:crypto';
import { namedQueries } from '../../src/store/query/named-queries.js';
import { openQueries, type QueryResult } from '../../src/store/query/query-database.js';

/**
 * What a view or query answers: its columns in their order, and the rows, whatever their order, by
 * count and sha256.
 */
export interface AnswerDigest {
  /** Joined by blanks. */
  readonly columns: string;
  readonly rows: number;
  readonly sha256: string;
}

export type AnswerDigests = Readonly<Record<string, AnswerDigest>>;

/**
 * Columns that tell of the last run of a sweep, not of its results: their places count, their
 * values do not.
 */
const ofLastRun: ReadonlySet<string> = new Set(['claimed', 'experiment_path', 'last_run', 'run_attempt', 'updated_at']);

/**
 * By name, the answer of every view (`v_trial`) and of every named query for every sweep
 * (`best of demo`).
 *
 * @param recorded answers to compare with: columns that came behind theirs since are left out
 */
export function answerDigests(path: string, recorded: AnswerDigests = {}): AnswerDigests {
  const queries = openQueries(path);
  try {
    const names = (sql: string): readonly string[] => queries.query(sql).rows.map(([name]) => String(name));
    const views = names(`SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name`);
    const sweeps = names('SELECT sweep FROM v_sweep ORDER BY sweep');
    const ofViews = views.map((view) => [view, queries.query(`SELECT * FROM ${view}`)] as const);
    const ofQueries = namedQueries.flatMap(({ name, sql, parameters }) =>
      sweeps.map((sweep) => {
        const values = { sweep, ...Object.fromEntries(parameters.map((known) => [known.name, known.default])) };
        return [`${name} of ${sweep}`, queries.query(sql, values)] as const;
      }),
    );
    return Object.fromEntries(
      [...ofViews, ...ofQueries].map(([name, answer]) => [
        name,
        digest(answer, recorded[name]?.columns.split(' ').length ?? answer.columns.length),
      ]),
    );
  } finally {
    queries.close();
  }
}

/** Of the first so many columns. */
function digest({ columns, rows }: QueryResult, count: number): AnswerDigest {
  const texts = rows.map((row) =>
    JSON.stringify(row.slice(0, count).map((cell, column) => (ofLastRun.has(columns[column]!) ? null : plain(cell)))),
  );
  const sha256 = createHash('sha256').update(texts.sort().join('\n')).digest('hex');
  return { columns: columns.slice(0, count).join(' '), rows: rows.length, sha256 };
}

/** JSON has no whole numbers beyond 2^53 and no bytes; its other numbers read back exactly. */
function plain(cell: unknown): unknown {
  if (typeof cell === 'bigint') return `${cell}n`;
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('base64') : cell;
}
