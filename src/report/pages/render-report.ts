import { inlineAssets } from '../output/html/page-assets.js';
import { pageHtml } from '../output/html/page-html.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { sweepPage } from './sweep-page.js';
import type { Query } from '../query.js';
import { textOf, toRows } from '../query.js';
import { readSweepFacts } from '../facts/sweep-facts.js';

/** The database has no sweep of the name asked for. */
export class UnknownSweepError extends Error {
  override readonly name = 'UnknownSweepError';
}

/**
 * The page of one sweep as one self-contained HTML document without links to other pages. Pure but
 * for `query`, which runs SELECTs on the documented views, and for reading Vega's own files. Throws
 * {@link UnknownSweepError}.
 */
export function renderReport(query: Query, sweep: string, options: ReportOptions): string {
  const facts = readSweepFacts(query, sweep);
  if (facts === null) {
    const names = toRows(query('SELECT sweep FROM v_sweep ORDER BY last_run DESC', [])).map((row) =>
      textOf(row, 'sweep'),
    );
    const known = names.length === 0 ? 'it has none' : `it has ${names.slice(0, 20).join(', ')}`;
    throw new UnknownSweepError(`Expected a sweep of ${options.database}, got "${sweep}"; ${known}`);
  }
  return pageHtml({ title: `${sweep} · quantsweep`, body: sweepPage(facts, query, options), assets: inlineAssets() });
}
