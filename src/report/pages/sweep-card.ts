import { guardedAnswer } from '../answers/guarded-answer.js';
import { sparkline } from '../figures/sweeps/sparkline.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { countText, differenceText, valueText } from '../number-text.js';
import type { Query } from '../query.js';
import { renderFigure } from '../output/html/render-figure.js';
import { linked } from '../output/html/linked.js';
import { sqlDisclosure } from '../output/html/sql-disclosure.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { axisSources } from '../facts/measured-facts.js';
import { notesSql, readNotes } from '../facts/notes.js';
import { notesHtml } from '../output/html/notes-html.js';
import { factsSql, referenceOf } from '../facts/sweep-facts.js';
import { timeText } from '../time-text.js';
import { sentenceHtml } from '../output/html/sentence-html.js';

/**
 * A sweep on the index: name, question, the answer's first sentence, numbers, state, and its
 * settings as a small chart.
 *
 * @param place of the card on the page, from 0
 */
export function sweepCard(facts: SweepFacts, place: number, href: string | null, query: Query): string {
  const { sweep, best, metric } = facts;
  const question = sweep.question?.trim() ?? '';
  const fp32 = referenceOf(facts)?.value ?? null;
  const numbers = [
    ['best', 'best', valueText(best?.value ?? null, metric)],
    ['fp32', 'FP32', valueText(best?.fp32Value ?? fp32, metric)],
    ['unsmoothed', 'unsmoothed', valueText(best?.unsmoothedValue ?? null, metric)],
    ['gap', 'gap to FP32', differenceText(best?.gapToFp32 ?? null, metric)],
  ];
  const read = { axes: false };
  const { headline } = guardedAnswer({
    ...facts,
    measured: {
      ...facts.measured,
      axisEffects: () => {
        read.axes = true;
        return facts.measured.axisEffects();
      },
    },
  });
  const notes = readNotes(query, sweep.name, null);
  const queries = [
    factsSql.sweep(sweep.name),
    factsSql.trials(sweep.name),
    factsSql.comparisons(sweep.name),
    factsSql.layers(sweep.name),
    notesSql(sweep.name, null),
    ...(read.axes ? axisSources(sweep.name, facts.measured).map(([, sql]) => sql) : []),
  ];
  return `<article class="card" aria-labelledby="card-${place}">
<div><h3 id="card-${place}">${linked(escapeHtml(sweep.name), href)} ${statusHtml(facts)}</h3>
${question === '' ? '' : `<p class="question">${escapeHtml(question)}</p>`}
${notesHtml(notes)}<p>${sentenceHtml(headline)}</p>
<dl class="numbers">${numbers.map(([kind = '', name = '', text = '']) => `<div class="${kind}"><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd></div>`).join('')}</dl>
<p class="caption">${escapeHtml(aboutSweep(facts))}</p>
<details><summary>SQL: answer and numbers</summary>${queries.map((sql) => sqlDisclosure(sql)).join('')}</details></div>
<div>${renderFigure(sparkline(place), facts, query)}</div>
</article>`;
}

function statusHtml({ sweep }: SweepFacts): string {
  const parts = [
    sweep.pending > 0 ? `${sweep.done} of ${countText(sweep.trials, 'trial')} done` : '',
    sweep.failed > 0 ? `${sweep.failed} failed` : '',
  ].filter((part) => part !== '');
  const [kind, text] = parts.length === 0 ? ['complete', 'complete'] : ['incomplete', parts.join(', ')];
  return `<span class="status ${kind}">${escapeHtml(text)}</span>`;
}

function aboutSweep({ sweep, trials }: SweepFacts): string {
  const models = [...new Set(trials.map((trial) => trial.model).filter((model) => model !== null))];
  return [
    models.length === 0 ? '' : models.join(', '),
    countText(sweep.trials, 'trial') + (sweep.stopped > 0 ? ` (${sweep.stopped} stopped early)` : ''),
    `created ${timeText(sweep.createdAt)}`,
    `last run started ${timeText(sweep.updatedAt)}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
