import type { LiveSweep } from '../facts/live-facts.js';
import { workerLogsOf, workerLogsSql, type WorkerLog } from '../facts/worker-logs.js';
import { embeddedFigure } from '../output/html/embedded-figure.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { sqlDisclosure } from '../output/html/sql-disclosure.js';
import type { Query } from '../query.js';
import { toRows } from '../query.js';
import { clockText } from '../time-text.js';

/** Anchor and name of the figure. */
const figureId = 'live-logs';

/** Letters of a log's last line shown beside its name. */
const mostLetters = 100;

/**
 * The last lines of each worker process, behind a disclosure each; empty where the sweep ran
 * elsewhere, or another one ran since.
 */
export function workerLogsHtml({ name }: LiveSweep, query: Query): string {
  const sql = workerLogsSql(name);
  const result = query(sql, []);
  const logs = workerLogsOf(toRows(result));
  if (logs.length === 0) return '';
  const silent = logs.filter(({ text }) => text === '').map(({ place }) => place);
  const written = logs.filter(({ text }) => text !== '');
  const nothing = silent.length === 0 ? '' : `<p class="silent">Wrote nothing: ${escapeHtml(silent.join(', '))}.</p>`;
  return `<figure id="${figureId}" class="logs" aria-labelledby="${figureId}-title">
<h3 id="${figureId}-title">What the workers wrote last</h3>
${written.map(logHtml).join('\n')}${nothing}
<div class="sources">${sqlDisclosure(sql)}</div>
${embeddedFigure(figureId, result, [])}
</figure>`;
}

function logHtml({ place, text, writtenAt }: WorkerLog): string {
  const last = text.slice(text.lastIndexOf('\n') + 1).trim();
  const shown = last.length > mostLetters ? `${last.slice(0, mostLetters)}…` : last;
  const label = escapeHtml(`The last lines of ${place}`);
  return `<details id="log-${encodeURIComponent(place)}"><summary><code>${escapeHtml(place)}</code> <span>${escapeHtml(`${clockText(writtenAt)}: ${shown}`)}</span></summary><div class="tail" tabindex="0" role="region" aria-label="${label}"><pre>${escapeHtml(text)}</pre></div></details>`;
}
