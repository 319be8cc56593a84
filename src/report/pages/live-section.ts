import { agentsHtml } from './agents-html.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { noLinks } from '../addresses/page-links.js';
import type { ReportOptions } from '../output/html/page-body.js';
import type { Query } from '../query.js';
import { textOf, toRows } from '../query.js';
import { absentHtml, type AbsentFigure } from '../output/html/not-shown.js';
import { renderFigures } from '../output/html/render-figure.js';
import { linked } from '../output/html/linked.js';
import { sqlDisclosure } from '../output/html/sql-disclosure.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { latestFailures } from '../figures/live/latest-failures.js';
import { liveSweep } from '../facts/live-facts.js';
import { openStages } from '../figures/live/open-stages.js';
import { progressHtml } from './progress-html.js';
import { runningAttempts } from '../figures/live/running-attempts.js';
import { workerLogsHtml } from './worker-logs-html.js';

/**
 * The first section of a sweep's page on a server: progress, agents, what runs, what failed, what
 * workers wrote. Empty
 * where nothing is pending, running or failed, and in a report of files.
 */
export function liveSectionHtml({ sweep, links }: SweepFacts, query: Query, options: ReportOptions): string {
  if (options.live === undefined) return '';
  const live = liveSweep(sweep, links, options.live, options.generatedAt);
  if (sweep.pending === 0 && sweep.failed === 0 && !live.isRun) return '';
  const { html, absent } = renderFigures([runningAttempts, openStages, latestFailures], live, query);
  const title = live.isRun ? 'Running now' : sweep.pending > 0 ? 'Not finished' : 'What failed';
  return `<section id="live"><h2>${title}</h2>
${progressHtml('live-progress', '', live, query)}
${agentsHtml(live, query)}
${html}
${workerLogsHtml(live, query)}
${quietHtml(absent)}</section>
`;
}

/** What there is nothing of, in one line that opens to their queries. */
function quietHtml(figures: readonly AbsentFigure[]): string {
  if (figures.length === 0) return '';
  const notes = figures.map(({ content }) => escapeHtml(content.note));
  return `<details class="not-shown" id="live-quiet"><summary>${notes.join(' ')}</summary>
${figures.map(absentHtml).join('\n')}
</details>
`;
}

/**
 * The first section of the index on a server: progress of the sweep that is run, or that there is
 * none yet. Else empty.
 */
export function liveIndexHtml(
  sweeps: readonly string[],
  href: (sweep: string) => string | null,
  query: Query,
  options: ReportOptions,
): string {
  if (options.live === undefined) return '';
  if (sweeps.length === 0)
    return '<section id="live"><p class="warning">No sweep has started yet. The report appears here as soon as <code>quantsweep run</code> starts one.</p></section>\n';
  const facts = options.live;
  if (facts.run.kind === 'none') return '';
  const sql = 'SELECT sweep FROM v_sweep WHERE claimed';
  const parts = toRows(query(sql, []))
    .map((row) => ({ name: textOf(row, 'sweep'), claimed: true }))
    .filter(({ name }) => sweeps.includes(name))
    .map((sweep, index) => {
      const live = liveSweep(sweep, noLinks, facts, options.generatedAt);
      return progressHtml(`live-${index}`, linked(escapeHtml(sweep.name), href(sweep.name)), live, query);
    });
  const { pid, host } = facts.run;
  const about =
    parts.length > 0
      ? ''
      : `<p class="caption">${escapeHtml(`Process ${pid} on ${host} has the database and is at no sweep of this report.`)}</p>`;
  return `<section id="live"><h2>Running now</h2>${about}
${parts.join('\n')}
<div class="sources">${sqlDisclosure(sql, 'SQL: sweeps begun by the run')}</div>
</section>
`;
}
