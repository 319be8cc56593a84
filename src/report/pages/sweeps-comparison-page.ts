import type { ComparedSweeps } from '../facts/compared-sweeps.js';
import { sweepsSources } from '../facts/compared-sweeps.js';
import { sweepsComparisonFigures } from '../figures/sweeps-comparison/index.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { countText, valueText } from '../number-text.js';
import { noLinks } from '../addresses/page-links.js';
import { noiseTile } from '../answers/noise-phrase.js';
import type { Query } from '../query.js';
import { renderFigures } from '../output/html/render-figure.js';
import { linked } from '../output/html/linked.js';
import { guardedSweepsAnswer } from '../answers/guarded-answer.js';
import { chosenOfSweeps, fp32Of } from '../answers/sweeps-answer.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { pageBody } from '../output/html/page-body.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import { answerHtml } from '../output/html/answer-html.js';
import { tileRow } from '../output/html/tile-row.js';

const sectionTitles = [
  ['settings', 'What they vary'],
  ['matched', 'Matched settings'],
  ['axes', 'By axis'],
] as const;

/**
 * The body of the page that compares two sweeps: answer and accuracy first, then settings, matched
 * pairs, axes.
 */
export function sweepsComparisonPage(facts: ComparedSweeps, query: Query, options: ReportOptions): string {
  const { a, b, links } = facts;
  const first = renderFigures(
    sweepsComparisonFigures.filter(({ section }) => section === 'first'),
    facts,
    query,
  );
  const page = {
    crumbs: [
      { text: 'Sweeps', href: links.index },
      { text: `${a.sweep.name} against ${b.sweep.name}`, href: null },
    ],
    heading: `${a.sweep.name} against ${b.sweep.name}`,
    about: [
      `A: ${a.sweep.name}, ${countText(a.sweep.trials, 'trial')}`,
      `B: ${b.sweep.name}, ${countText(b.sweep.trials, 'trial')}`,
    ],
    first: `<div class="first"><div>${answerHtml(guardedSweepsAnswer(facts), 'Caution')}${tiles(facts)}${pagesHtml(facts)}${sourcesHtml(sweepsSources(facts))}</div><div>${first.html}</div></div>`,
    absent: first.absent,
    sections: sectionTitles.map(([id, title]) => ({
      id,
      title,
      figures: sweepsComparisonFigures.filter(({ section }) => section === id),
    })),
    source: `sweeps ${a.sweep.name} and ${b.sweep.name}`,
    links: noLinks,
  };
  return pageBody(page, facts, query, options);
}

function tiles(facts: ComparedSweeps): string {
  const { a, b, verdict } = facts;
  return tileRow([
    ['side-a', valueText(a.best?.value ?? null, a.metric), `best of A, FP32 ${valueText(fp32Of(a), a.metric)}`],
    ['side-b', valueText(b.best?.value ?? null, b.metric), `best of B, FP32 ${valueText(fp32Of(b), b.metric)}`],
    ['', ...noiseTile(verdict, chosenOfSweeps(facts))],
  ]);
}

/** Links to the pages of both sweeps and of their best trials. */
function pagesHtml({ a, b, links }: ComparedSweeps): string {
  const items = [['A', a] as const, ['B', b] as const].map(([side, { sweep, best }]) => {
    const page = linked(escapeHtml(sweep.name), links.sweep(sweep.name));
    const trial =
      best === null ? '' : `, its best: ${linked(escapeHtml(best.label), links.trial(sweep.name, best.trial))}`;
    return `<li>${side}: ${page}${trial}</li>`;
  });
  return `<ul class="findings">${items.join('')}</ul>`;
}
