import { indexFigures } from '../figures/sweeps/index.js';
import { ofSweeps } from '../figures/sweeps/of-sweeps.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { liveIndexHtml } from './live-section.js';
import { countText } from '../number-text.js';
import { noLinks } from '../addresses/page-links.js';
import type { Query } from '../query.js';
import { textOf, toRows } from '../query.js';
import { linked } from '../output/html/linked.js';
import type { IndexPageFacts } from '../facts/index-page-facts.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { pageBody } from '../output/html/page-body.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import { sweepCard } from './sweep-card.js';

/**
 * Sweeps with their answer on the index; reading more would make it slow and long. The table has
 * every sweep.
 */
export const mostAnswers = 20;

/**
 * The body of the index of a report's sweeps: answers of those updated last, and a table of all.
 */
export function indexPage(facts: IndexPageFacts, query: Query, options: ReportOptions): string {
  const { sweeps, href, factsOf } = facts;
  const sql = newestSql(facts);
  const newest = toRows(query(sql, [])).map((row) => textOf(row, 'sweep'));
  const cards = newest.map((sweep, place) => {
    const own = factsOf(sweep);
    return own === null ? '' : sweepCard(own, place, href(sweep), query);
  });
  const note =
    sweeps.length > newest.length
      ? `<p class="caption">The answers of the ${mostAnswers} latest sweeps; <a href="#sweeps">the table</a> has all ${sweeps.length}.</p>`
      : '';
  const comparisons = comparisonsHtml(facts, newest);
  const page = {
    crumbs: [],
    heading: 'Quantization sweeps',
    about: [countText(sweeps.length, 'sweep'), options.database],
    first: `${liveIndexHtml(sweeps, href, query, options)}<section id="newest" class="cards"><h2>Answers, last run first</h2>${note}${cards.join('\n')}${sourcesHtml([['order', sql]])}</section>${comparisons}`,
    sections: [{ id: 'all', title: 'All sweeps', figures: indexFigures }],
    source: countText(sweeps.length, 'sweep'),
    links: noLinks,
  };
  return pageBody(page, facts, query, options);
}

/** Links to comparisons: of sweeps, and of trials of the sweeps with an answer on the page. */
function comparisonsHtml(facts: IndexPageFacts, newest: readonly string[]): string {
  const ofSweeps = facts.sweepComparisons.map(({ pair: [a, b], href }) => ({ text: `${a} against ${b}`, href }));
  const ofTrials = newest.flatMap((sweep) =>
    facts.trialComparisons(sweep).map(({ trials, href }) => ({
      text: `${sweep}: ${trials.map((trial) => `trial ${trial}`).join(trials.length === 2 ? ' against ' : ', ')}`,
      href,
    })),
  );
  const items = [...ofSweeps, ...ofTrials].map(({ text, href }) => `<li>${linked(escapeHtml(text), href)}</li>`);
  return items.length === 0
    ? ''
    : `<section id="comparisons"><h2>Comparisons</h2><ul class="findings">${items.join('')}</ul></section>`;
}

function newestSql(facts: IndexPageFacts): string {
  return `SELECT sweep FROM v_sweep WHERE ${ofSweeps('sweep', facts)} ORDER BY last_run DESC, sweep LIMIT ${mostAnswers}`;
}
