import { basename } from 'node:path';
import { readSweepFacts } from '../report/facts/sweep-facts.js';
import { reportData } from '../report/output/json/report-data.js';
import { markdownSummary } from '../report/output/markdown/markdown-summary.js';
import { withRelativePaths } from '../report/relative-paths.js';
import { renderReport as renderPage } from '../report/pages/render-report.js';
import type { Query } from '../report/query.js';
import { UsageError } from '../errors/usage-error.js';
import { pickSweep } from './pick-sweep.js';
import { readDatabase } from './read-database.js';

export interface ReportRequest {
  /** Name of the sweep. Default: the one that ran last. */
  readonly sweep?: string;
  /**
   * `html`: the sweep's page, self-contained, opens offline; `markdown`: a summary for a pull
   * request; `json`: answer, trials and the rows of every figure (docs/REPORTS.md). Default:
   * `html`.
   */
  readonly format?: 'html' | 'markdown' | 'json';
  /** When the report says that it was made. Default: now. */
  readonly generatedAt?: Date;
}

const formats: readonly string[] = ['html', 'markdown', 'json'];

/**
 * The report of one sweep as text. Paths in it are relative to the experiment file.
 *
 * @throws StoreError for the database, UsageError where it has no such sweep
 */
export function renderReport(database: string, request: ReportRequest = {}): string {
  const { format = 'html', generatedAt = new Date() } = request;
  if (!formats.includes(format)) {
    throw new UsageError(`Expected html, markdown or json as the format of a report, got "${format}".`);
  }
  if (Number.isNaN(generatedAt.getTime())) throw new UsageError('Expected a valid date for generatedAt.');
  return readDatabase(database, (queries) => {
    const sweep = pickSweep(queries, request.sweep);
    const query: Query = withRelativePaths((sql, params) => queries.query(sql, params as never[]), [sweep]);
    const options = { database: basename(database), generatedAt };
    if (format === 'html') return renderPage(query, sweep, options);
    const facts = readSweepFacts(query, sweep);
    if (facts === null)
      throw new Error(`Expected the facts of sweep "${sweep}", which was there a moment ago, got none.`);
    return format === 'json'
      ? `${JSON.stringify(reportData([facts], query, options))}\n`
      : markdownSummary(facts, query, { database: options.database, files: [] });
  });
}
