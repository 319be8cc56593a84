import { comparisonFigures } from '../figures/comparison/index.js';
import type { Query } from '../query.js';
import type { SweepFacts, TrialFacts } from '../sweep-facts.js';
import { factsSql } from '../sweep-facts.js';
import type { ReportOptions } from './page-body.js';
import { pageBody, sourcesHtml, timeText } from './page-body.js';

/** What the figures of a comparison of two trials of one sweep know. */
export interface ComparisonPageFacts {
  readonly sweep: SweepFacts;
  readonly trial: TrialFacts;
  readonly other: TrialFacts;
}

/** The body of the page that compares two trials of a sweep. */
export function comparisonPage(facts: ComparisonPageFacts, query: Query, options: ReportOptions): string {
  const { sweep, trial, other } = facts;
  const page = {
    crumbs: [
      { text: 'Sweeps', href: sweep.links.index },
      { text: sweep.sweep.name, href: sweep.links.sweep },
      { text: `trial ${trial.trial} against ${other.trial}`, href: null },
    ],
    heading: `${trial.label} against ${other.label}`,
    about: [`trials ${trial.trial} and ${other.trial} of sweep ${sweep.sweep.name}`],
    first: sourcesHtml([['trials', factsSql.trials(sweep.sweep.name)]]),
    sections: [{ id: 'layers', title: 'Layers', figures: comparisonFigures }],
    source: `sweep ${sweep.sweep.name} (created ${timeText(sweep.sweep.createdAt)}), trials ${trial.trial} and ${other.trial}`,
    links: sweep.links,
  };
  return pageBody(page, facts, query, options);
}
