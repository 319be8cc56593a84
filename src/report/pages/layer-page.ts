import { layerFigures } from '../figures/layer/index.js';
import type { Query } from '../query.js';
import type { LayerFacts, SweepFacts } from '../sweep-facts.js';
import { factsSql } from '../sweep-facts.js';
import type { ReportOptions } from './page-body.js';
import { pageBody, sourcesHtml, timeText } from './page-body.js';

/** What the figures of a layer's page know. */
export interface LayerPageFacts {
  readonly sweep: SweepFacts;
  readonly layer: LayerFacts;
}

/** The body of the page of one layer of a sweep. */
export function layerPage(facts: LayerPageFacts, query: Query, options: ReportOptions): string {
  const { sweep, layer } = facts;
  const page = {
    crumbs: [
      { text: 'Sweeps', href: sweep.links.index },
      { text: sweep.sweep.name, href: sweep.links.sweep },
      { text: `layer ${layer.position}`, href: null },
    ],
    heading: layer.name,
    about: [`layer ${layer.position} of ${layer.model}`, layer.op, `weight ${layer.weightShape}`],
    first: sourcesHtml([['layers', factsSql.layers(sweep.sweep.name)]]),
    sections: [{ id: 'loss', title: 'Loss', figures: layerFigures }],
    source: `sweep ${sweep.sweep.name} (created ${timeText(sweep.sweep.createdAt)}), layer ${layer.name}`,
    links: sweep.links,
  };
  return pageBody(page, facts, query, options);
}
