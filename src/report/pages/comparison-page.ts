import { answerComparison, chosenOf } from '../answers/comparison-answer.js';
import type { ComparedTrials } from '../facts/compared-trials.js';
import { comparedSources } from '../facts/compared-trials.js';
import { comparisonFigures } from '../figures/comparison/index.js';
import { differenceText, valueText } from '../number-text.js';
import { noiseTile } from '../answers/noise-phrase.js';
import type { Query } from '../query.js';
import { renderFigures } from '../output/html/render-figure.js';
import type { TrialFacts } from '../facts/sweep-facts.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { pageBody } from '../output/html/page-body.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import { timeText } from '../time-text.js';
import { answerHtml } from '../output/html/answer-html.js';
import { tileRow } from '../output/html/tile-row.js';

const sectionTitles = [
  ['numbers', 'Numbers'],
  ['layers', 'Layers'],
  ['ranges', 'Quantizer ranges'],
] as const;

/**
 * The body of the page that compares two trials: answer and settings first, then numbers, layers,
 * ranges.
 */
export function comparisonPage(facts: ComparedTrials, query: Query, options: ReportOptions): string {
  const { sweep, trial, other, otherSweep } = facts;
  const first = renderFigures(
    comparisonFigures.filter(({ section }) => section === 'first'),
    facts,
    query,
  );
  const isOneSweep = otherSweep === sweep.sweep.name;
  const page = {
    crumbs: [
      { text: 'Sweeps', href: sweep.links.index },
      { text: sweep.sweep.name, href: sweep.links.sweep },
      { text: `trial ${trial.trial} against ${other.trial}`, href: null },
    ],
    heading: `${trial.label} against ${other.label}`,
    about: isOneSweep
      ? [`A: trial ${trial.trial}`, `B: trial ${other.trial}`, `both of sweep ${sweep.sweep.name}`]
      : [`A: trial ${trial.trial} of sweep ${sweep.sweep.name}`, `B: trial ${other.trial} of sweep ${otherSweep}`],
    first: `<div class="first"><div>${answerHtml(answerComparison(facts), 'Caution')}${tiles(facts)}${sourcesHtml(comparedSources(facts))}</div><div>${first.html}</div></div>`,
    absent: first.absent,
    sections: sectionTitles.map(([id, title]) => ({
      id,
      title,
      figures: comparisonFigures.filter(({ section }) => section === id),
    })),
    source: `sweep ${sweep.sweep.name} (created ${timeText(sweep.sweep.createdAt)}), trials ${trial.trial} and ${other.trial}${isOneSweep ? '' : ` of ${otherSweep}`}`,
    links: sweep.links,
  };
  return pageBody(page, facts, query, options);
}

function tiles(facts: ComparedTrials): string {
  const { trial, other, verdict } = facts;
  const { metric } = facts.sweep;
  const classOf = ({ role }: TrialFacts, { role: beside }: TrialFacts, side: string): string =>
    role !== beside && (role === 'fp32' || role === 'unsmoothed') ? role : side;
  const difference = trial.value === null || other.value === null ? null : trial.value - other.value;
  return tileRow([
    [classOf(trial, other, 'side-a'), valueText(trial.value, metric), `A, ${metric.shortName}`],
    [classOf(other, trial, 'side-b'), valueText(other.value, metric), `B, ${metric.shortName}`],
    ['', differenceText(difference, metric), 'A less B'],
    ['', ...noiseTile(verdict, chosenOf(facts))],
  ]);
}
