import { applicableFigures } from '../figures/applicable-figures.js';
import { layerFigures } from '../figures/layer/index.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { countText } from '../number-text.js';
import type { Query } from '../query.js';
import { linked } from '../output/html/linked.js';
import type { LayerFacts, SweepFacts } from '../facts/sweep-facts.js';
import { factsSql } from '../facts/sweep-facts.js';
import { layerHeadline } from '../answers/layer-headline.js';
import { readLayerPageFacts, shortName } from '../facts/layer-page-facts.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { pageBody } from '../output/html/page-body.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import { timeText } from '../time-text.js';
import { sentenceHtml } from '../output/html/sentence-html.js';

const sections: readonly (readonly [string, string])[] = [
  ['suggestions', 'Suggestions'],
  ['channels', 'Channels'],
  ['activation', 'Activation'],
  ['loss', 'Loss'],
  ['network', 'Network'],
];

/** The body of the page of one layer of a sweep. */
export function layerPage(sweep: SweepFacts, layer: LayerFacts, query: Query, options: ReportOptions): string {
  const { facts, sources } = readLayerPageFacts(sweep, layer, query);
  const page = {
    crumbs: [
      { text: 'Sweeps', href: sweep.links.index },
      { text: sweep.sweep.name, href: sweep.links.sweep },
      { text: `layer ${layer.position}`, href: null },
    ],
    heading: layer.name,
    about: [
      `layer ${layer.position} of ${layer.model}`,
      layer.op,
      `weight ${layer.weightShape}`,
      ...(layer.groups > 1 ? [countText(layer.groups, 'group')] : []),
      `${countText(layer.inputChannels, 'channel')} in, ${layer.outputChannels} out`,
    ],
    first: `<p class="headline">${sentenceHtml(layerHeadline(facts))}</p>
${neighboursHtml(sweep, layer)}${sourcesHtml([['layers', factsSql.layers(sweep.sweep.name)], ...sources])}`,
    sections: sections.map(([id, title]) => ({
      id,
      title,
      figures: applicableFigures(layerFigures, facts).filter((figure) => figure.section === id),
    })),
    source: `sweep ${sweep.sweep.name} (created ${timeText(sweep.sweep.createdAt)}), layer ${layer.name}`,
    links: sweep.links,
  };
  return pageBody(page, facts, query, options);
}

/** Links to the layers before and after it in its model's graph. */
function neighboursHtml({ layers, links }: SweepFacts, layer: LayerFacts): string {
  const own = layers.filter(({ model }) => model === layer.model);
  const place = own.findIndex(({ position }) => position === layer.position);
  const link = (one: LayerFacts | undefined, rel: string, arrow: (name: string) => string): string => {
    if (one === undefined) return '';
    const text = escapeHtml(arrow(shortName(one.name)));
    const href = links.layer(one.model, one.position);
    return linked(text, href).replace('<a ', `<a rel="${rel}" `);
  };
  const parts = [
    link(own[place - 1], 'prev', (name) => `← previous layer: ${name}`),
    link(own[place + 1], 'next', (name) => `next layer: ${name} →`),
  ].filter((part) => part !== '');
  return parts.length === 0
    ? ''
    : `<nav class="neighbours" aria-label="Neighbouring layers">${parts.map((part) => `<span>${part}</span>`).join('')}</nav>\n`;
}
