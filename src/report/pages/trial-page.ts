import { trialFigures } from '../figures/trial/index.js';
import { differenceText, valueText } from '../number-text.js';
import type { Query } from '../query.js';
import type { SweepFacts, TrialFacts } from '../sweep-facts.js';
import { factsSql } from '../sweep-facts.js';
import type { ReportOptions } from './page-body.js';
import { pageBody, sourcesHtml, timeText } from './page-body.js';
import { tileRow } from './sweep-page.js';

/** What the figures of a trial's page know. */
export interface TrialPageFacts {
  readonly sweep: SweepFacts;
  readonly trial: TrialFacts;
}

/** The body of the page of one trial of a sweep. */
export function trialPage(facts: TrialPageFacts, query: Query, options: ReportOptions): string {
  const { sweep, trial } = facts;
  const { metric, links } = sweep;
  const page = {
    crumbs: [
      { text: 'Sweeps', href: links.index },
      { text: sweep.sweep.name, href: links.sweep },
      { text: `trial ${trial.trial}`, href: null },
    ],
    heading: trial.label,
    about: [`trial ${trial.trial} of sweep ${sweep.sweep.name}`, trial.role, trial.status],
    first: `${tileRow([
      ['best', valueText(trial.value, metric), metric.name],
      ['fp32', differenceText(trial.gapToFp32, metric), `from FP32 (${valueText(trial.fp32Value, metric)})`],
      [
        'unsmoothed',
        differenceText(trial.gainOverUnsmoothed, metric),
        `from unsmoothed (${valueText(trial.unsmoothedValue, metric)})`,
      ],
    ])}${sourcesHtml([['trials', factsSql.trials(sweep.sweep.name)]])}`,
    sections: [{ id: 'layers', title: 'Layers', figures: trialFigures }],
    source: `sweep ${sweep.sweep.name} (created ${timeText(sweep.sweep.createdAt)}), trial ${trial.trial}`,
    links,
  };
  return pageBody(page, facts, query, options);
}
