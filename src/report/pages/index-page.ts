import { indexFigures } from '../figures/sweeps/index.js';
import { liveIndexHtml } from '../live/live-section.js';
import { countText } from '../number-text.js';
import { noLinks } from '../page-links.js';
import type { Query } from '../query.js';
import type { ReportOptions } from './page-body.js';
import { pageBody } from './page-body.js';

/** What the figures of the index know. */
export interface IndexPageFacts {
  /** Names of the sweeps of the report, in order. */
  readonly sweeps: readonly string[];
  /** Address of a sweep's page. */
  readonly href: (sweep: string) => string | null;
}

/** The body of the index of a report's sweeps. */
export function indexPage(facts: IndexPageFacts, query: Query, options: ReportOptions): string {
  const page = {
    crumbs: [],
    heading: 'Quantization sweeps',
    about: [countText(facts.sweeps.length, 'sweep'), options.database],
    first: liveIndexHtml(facts.sweeps, facts.href, query, options),
    sections: [{ id: 'sweeps', title: 'Sweeps', figures: indexFigures }],
    source: countText(facts.sweeps.length, 'sweep'),
    links: noLinks,
  };
  return pageBody(page, facts, query, options);
}
