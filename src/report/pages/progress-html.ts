import type { LiveSweep } from '../facts/live-facts.js';
import { progressSql, readProgress, type Progress } from '../facts/progress.js';
import { countText, durationText } from '../number-text.js';
import { embeddedFigure } from '../output/html/embedded-figure.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { sqlDisclosure } from '../output/html/sql-disclosure.js';
import type { Query } from '../query.js';
import { toRows } from '../query.js';
import { clockText } from '../time-text.js';

/** Bar, counts, rate and expected end of a sweep, with the SQL that they come from. */
export function progressHtml(id: string, title: string, live: LiveSweep, query: Query): string {
  const sql = progressSql(live);
  const result = query(sql, []);
  const row = toRows(result)[0];
  if (row === undefined) return '';
  const progress = readProgress(row, live);
  const heading = title === '' ? '' : `<h3 id="${id}-title">${title}</h3>\n`;
  return `<figure id="${id}" class="progress"${title === '' ? '' : ` aria-labelledby="${id}-title"`}>
${heading}${barHtml(progress)}
<p class="counts">${sentencesHtml(progress, live)}</p>
<div class="sources">${sqlDisclosure(sql)}</div>
${embeddedFigure(id, result, [])}
</figure>`;
}

function barHtml({ trials, done, stopped, failed, pending, running }: Progress): string {
  const part = (kind: string, x: number, width: number): string =>
    width === 0 ? '' : `<rect class="${kind}" x="${x}" y="0" width="${width}" height="1"/>`;
  return `<svg class="bar" role="img" aria-label="${done} done,${stopped > 0 ? ` ${stopped} stopped early,` : ''} ${failed} failed,${running > 0 ? ` ${running} running,` : ''} ${pending - running} pending" viewBox="0 0 ${Math.max(1, trials)} 1" preserveAspectRatio="none">${part('done', 0, done)}${part('stopped', done, stopped)}${part('failed', done + stopped, failed)}${part('running', done + stopped + failed, running)}</svg>`;
}

function sentencesHtml(progress: Progress, live: LiveSweep): string {
  const { trials, done, stopped, failed, pending, running } = progress;
  const waiting = pending - running;
  const counts = `<b>${done} of ${countText(trials, 'trial')} done</b>${stopped > 0 ? `, ${stopped} stopped early` : ''}${failed > 0 ? `, <b>${failed} failed</b>` : ''}${running > 0 ? `, <b>${running} running</b>` : ''}${waiting > 0 ? `, ${waiting} pending` : ''}.`;
  return [counts, paceHtml(progress, live), escapeHtml(runText(live, progress))]
    .filter((part) => part !== '')
    .join(' ');
}

function paceHtml(
  { recent, trialsPerMinute, endsAt, pending, pendingStages }: Progress,
  { isRun, now }: LiveSweep,
): string {
  if (!isRun || pending === 0) return '';
  const stages =
    pendingStages === 0
      ? ''
      : ` ${countText(pendingStages, 'shared stage')} to finish ${pendingStages === 1 ? 'comes' : 'come'} on top.`;
  if (trialsPerMinute === null || endsAt === null)
    return `No trial has finished in this run yet, so its rate is not known.${stages}`;
  const left = endsAt - now.getTime();
  const until = new Date(endsAt).toISOString();
  const rest =
    left < 1000
      ? 'the next takes longer'
      : `about <span data-until="${until}">${durationText(left)}</span> left, until ${until.slice(11, 16)} UTC`;
  const from = recent === 1 ? 'the first of this run' : `the last ${recent}`;
  const rate = Number(trialsPerMinute.toPrecision(2));
  return `${rate} ${rate === 1 ? 'trial' : 'trials'} a minute (${from}): ${rest}.${stages}`;
}

/** Whether anything is at work, in words. */
function runText({ run, isRun }: LiveSweep, { pending, hasBegun }: Progress): string {
  switch (run.kind) {
    case 'none':
      return pending > 0 ? 'No run is active; run the same quantsweep run command to continue.' : '';
    case 'running':
      if (isRun) return `Running since ${clockText(run.since)} (process ${run.pid} on ${run.host}).`;
      return hasBegun
        ? `A run is active on another sweep of the database (process ${run.pid} on ${run.host}).`
        : `Process ${run.pid} on ${run.host} has the database since ${clockText(run.since)} and has not begun a sweep yet.`;
    case 'unknown':
      return `Last started on ${run.host} at ${clockText(run.since)}; whether it is still running cannot be seen from here.`;
  }
}
