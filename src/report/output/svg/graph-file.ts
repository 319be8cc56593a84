import { themeTokens } from '../../charts/theme-tokens.js';
import type { NetworkColours } from '../../charts/graph/network-colours.js';
import type { NetworkPicture } from '../../charts/graph/network-picture.js';
import { textWidth } from '../../charts/text-width.js';
import { escapeHtml } from '../html/escape-html.js';
import { graphStyle } from '../html/graph-style.js';
import { graphSvg } from '../html/graph-svg.js';
import { withoutForbidden } from './xml-text.js';

/** Pixels around the picture, and of the line of the legend. */
const padding = 8;
const legendHeight = 28;

/** Colours that only the page's style sheet names. */
const ofPage: Readonly<Record<string, string>> = { panel: '#f6f7f8', line: '#dfe2e6' };

/**
 * A picture of a network as an SVG document: well-formed XML 1.0, in the light colours on white,
 * without scripts, links or fonts from elsewhere. Equal input gives equal text.
 */
export function graphFile(
  picture: NetworkPicture,
  colours: NetworkColours,
  { title, description }: { readonly title: string; readonly description: string },
): string {
  const legend = legendSvg(colours);
  const width = Math.ceil(Math.max(picture.width, legend.width) + 2 * padding);
  const height = Math.ceil(picture.height + legendHeight + 2 * padding);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
<title id="title">${escapeHtml(title)}</title>
<desc id="description">${escapeHtml(description)}</desc>
<style>${fileStyle()}</style>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<g class="network"><g transform="translate(${padding} ${padding})">${legend.svg}</g>
<g transform="translate(${padding} ${padding + legendHeight})">${graphSvg(picture, { colours, id: null })}</g></g>
</svg>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${withoutForbidden(svg)}\n`;
}

/** The page's style of networks, with light colours in place of variables and a font of papers. */
function fileStyle(): string {
  const light: Readonly<Record<string, { readonly light: string } | undefined>> = themeTokens;
  return graphStyle
    .replaceAll(/var\(--(\w+)\)/g, (_, name: string) => light[name]?.light ?? ofPage[name] ?? '#000000')
    .replace(/11\.5px system-ui[^;]*/, '11.5px Helvetica, Arial, sans-serif');
}

function legendSvg({ title, legend, hasFloat }: NetworkColours): { readonly svg: string; readonly width: number } {
  const entries = [...legend, ...(hasFloat ? [{ className: 'float', text: 'left in float' }] : [])];
  let x = title === '' ? 0 : widthOf(title) + 16;
  const parts = entries.map(({ className, text }) => {
    const swatch = `<g class="box ${className}"><rect x="${Math.round(x)}" y="2" width="22" height="12" rx="3"/></g><text x="${Math.round(x) + 28}" y="12">${escapeHtml(text)}</text>`;
    x += 28 + widthOf(text) + 16;
    return swatch;
  });
  return { svg: `<text x="0" y="12">${escapeHtml(title)}</text>${parts.join('')}`, width: x };
}

/** Readers without Helvetica have fonts up to so much wider. */
function widthOf(text: string): number {
  return 1.15 * textWidth(text, 11.5);
}
