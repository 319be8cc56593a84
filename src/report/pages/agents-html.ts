import { agentCounts, agentsOf, agentsSql, jobText, type Agent, type AgentJob } from '../facts/agents.js';
import { listedAgents } from '../facts/listed-agents.js';
import type { LiveSweep } from '../facts/live-facts.js';
import { countText, durationText } from '../number-text.js';
import { embeddedFigure } from '../output/html/embedded-figure.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { sqlDisclosure } from '../output/html/sql-disclosure.js';
import type { Query } from '../query.js';
import { toRows } from '../query.js';
import { shortenedText } from '../shortened-text.js';
import { clockText } from '../time-text.js';

/** Anchor and name of the figure. */
const figureId = 'live-agents';

/** Letters of an error or a reason shown at most. */
const mostLetters = 400;

/** The agents of the run at a sweep; empty where it has none, or no run is at it. */
export function agentsHtml(live: LiveSweep, query: Query): string {
  if (!live.isRun) return '';
  const sql = agentsSql(live.name);
  const result = query(sql, []);
  const agents = agentsOf(toRows(result));
  if (agents.length === 0) return '';
  const counts = agentCounts(agents);
  const { front, rest } = listedAgents(agents);
  const names = namesOf(agents);
  const table = (some: readonly Agent[]): string =>
    tableHtml(some.map((agent) => rowHtml(agent, names.get(nameOf(agent)) === 1, live)));
  const more =
    rest.length === 0
      ? ''
      : `\n<details class="more"><summary>${countText(rest.length, 'more agent')}: ${agentCounts(rest).activities}</summary>${table(rest)}</details>`;
  return `<figure id="${figureId}" class="agents" aria-labelledby="${figureId}-title">
<h3 id="${figureId}-title">Agents</h3>
<p class="counts"><b>${countText(agents.length, 'agent')}</b>, <b>${counts.slots}</b>: ${counts.activities}.</p>
${table(front)}${more}
<div class="sources">${sqlDisclosure(sql)}</div>
${embeddedFigure(figureId, result, [])}
</figure>`;
}

/** How many agents people would call by the same name. */
function namesOf(agents: readonly Agent[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const agent of agents) names.set(nameOf(agent), (names.get(nameOf(agent)) ?? 0) + 1);
  return names;
}

function nameOf({ host, label }: Agent): string {
  return JSON.stringify([host, label]);
}

/** Narrow screens lay rows out as blocks, which takes a table's roles away unless named. */
function tableHtml(rows: readonly string[]): string {
  const heads = [
    ['who', 'agent'],
    ['state', 'state'],
    ['work', 'work'],
    ['slots', 'slots busy'],
    ['seen', 'last seen'],
  ].map(([kind, title]) => `<th role="columnheader" scope="col" class="${kind}">${title}</th>`);
  return `<div class="rows"><table role="table"><thead role="rowgroup"><tr role="row" class="heads">${heads.join('')}</tr></thead><tbody role="rowgroup">${rows.join('\n')}</tbody></table></div>`;
}

/**
 * One agent. The id is what a page that follows recognizes the row by, so that it stays the same
 * element while its cells change.
 */
function rowHtml(agent: Agent, isOnlyOne: boolean, { name, now }: LiveSweep): string {
  const { id, host, label, provider, numericsClass, gpu, slots, activity, jobs, seenAt } = agent;
  const machine = [gpu, provider, numericsClass === '' ? null : `class ${numericsClass}`];
  const cells = [
    [
      'who',
      `<b>${escapeHtml(host)}</b>${label === null ? '' : ` <span class="label">${escapeHtml(label)}</span>`}${partsHtml([isOnlyOne ? null : id, ...machine])}`,
    ],
    ['state', `<span class="activity">${activity}</span>`],
    ['work', workHtml(agent, name, now)],
    ['slots', `${jobs.length} of ${slots}`],
    ['seen', `${sinceHtml(seenAt, now, 'last heard of at')} ago`],
  ].map(([kind, html]) => `<td role="cell" class="${kind}">${html}</td>`);
  return `<tr role="row" id="agent-${encodeURIComponent(id)}" class="${activity.replace(' ', '-')}">${cells.join('')}</tr>`;
}

function workHtml({ jobs, reason, lastError }: Agent, sweep: string, now: Date): string {
  const work = jobs.length === 0 ? '' : `<ul>${jobs.map((job) => jobHtml(job, sweep, now)).join('')}</ul>`;
  const why = reason === null ? '' : `<p class="reason">${escapeHtml(shortenedText(reason, mostLetters))}</p>`;
  const error =
    lastError === null
      ? ''
      : `<p class="error"><b>last error:</b> ${escapeHtml(shortenedText(lastError, mostLetters))}</p>`;
  const all = `${work}${why}${error}`;
  return all === '' ? '<span class="none">–</span>' : all;
}

function jobHtml(job: AgentJob, own: string, now: Date): string {
  const { device, startedAt } = job;
  return `<li><span>${escapeHtml(jobText(job, own))}</span> <span class="where">${device === '' ? '' : `${escapeHtml(device)}, `}${sinceHtml(startedAt, now, 'since')}</span></li>`;
}

function partsHtml(parts: readonly (string | null)[]): string {
  const said = parts
    .filter((part) => part !== null && part !== '')
    .map((part) => `<span>${escapeHtml(part ?? '')}</span>`);
  return `<div class="machine">${said.join(' ')}</div>`;
}

/** Time since then, which a page that follows counts up. An agent may tell what is no time. */
function sinceHtml(iso: string, now: Date, what: string): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return '<span class="unknown">?</span>';
  const time = new Date(then).toISOString();
  return `<time datetime="${time}" title="${what} ${clockText(time)}" data-since="${time}">${durationText(Math.max(0, now.getTime() - then))}</time>`;
}
