import { networkColours, type NetworkColours } from '../../charts/graph/network-colours.js';
import type { NetworkPicture } from '../../charts/graph/network-picture.js';
import type { Control, GraphContent } from '../../figures/figure.js';
import type { Row } from '../../query.js';
import { escapeHtml } from './escape-html.js';
import { graphSvg, partId } from './graph-svg.js';

/** The pictures of a network with their legend; those of its parts are behind disclosures. */
export function graphHtml(content: GraphContent, rows: readonly Row[], id: string): string {
  const colours = firstColours(content.controls, rows);
  const [whole, ...parts] = content.pictures;
  if (whole === undefined) return '';
  const others = parts.map(
    (part, index) =>
      `<details class="network-part" id="${partId(id, index + 1)}"><summary>${escapeHtml(part.title)}</summary>${pictureHtml(part, part.title, colours, id)}</details>`,
  );
  return `${legendHtml(colours)}${pictureHtml(whole, content.alt, colours, id)}${others.join('\n')}`;
}

/** Colours by the first option of each control. */
export function firstColours(controls: readonly Control[], rows: readonly Row[]): NetworkColours {
  const first = (param: string): string | number | null =>
    controls.find((control) => control.param === param)?.options[0]?.value ?? null;
  return networkColours(rows, {
    field: first('shows') as string | null,
    mode: first('mode') as string | null,
    trial: first('trial') as number | null,
  });
}

function pictureHtml(picture: NetworkPicture, alt: string, colours: NetworkColours, id: string): string {
  const { width, height } = picture;
  return `<div class="network" tabindex="0" role="group" aria-label="${escapeHtml(alt)}"><svg width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}">${graphSvg(picture, { colours, id })}</svg></div>`;
}

/** What the colours mean; the page's script writes it anew. */
function legendHtml({ title, legend, hasFloat }: NetworkColours): string {
  const items = legend.map(({ className, text }) => `<span><i class="${className}"></i>${escapeHtml(text)}</span>`);
  const float = hasFloat ? '<span><i class="float"></i>left in float</span>' : '';
  return `<div class="network-legend" data-legend><span>${escapeHtml(title)}</span>${items.join('')}${float}</div>`;
}
