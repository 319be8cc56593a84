import * as vega from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import type { TopLevelSpec } from 'vega-lite';
import { compileChart } from '../../charts/compile-chart.js';
import type { Control } from '../../figures/figure.js';
import { legendHint, zoomHint } from '../../charts/interaction.js';
import { escapeHtml } from '../html/escape-html.js';
import type { Row } from '../../query.js';
import { textWidth } from '../../charts/text-width.js';
import { chartConfig } from '../../charts/theme.js';
import { resolveTokens } from '../../charts/theme-tokens.js';
import { withoutForbidden } from './xml-text.js';

/** A chart to be drawn without a browser. */
export interface StaticChart {
  readonly spec: TopLevelSpec;
  readonly rows: readonly Row[];
  /** Each is set to its first option, as on the page. */
  readonly controls: readonly Control[];
  /** Name of the picture, for readers who do not see it. */
  readonly title: string;
  /** What it shows, for the same. */
  readonly description: string;
}

/** Width in pixels of charts that fill their place on a page. */
const staticWidth = 720;

/** The fonts whose widths {@link textWidth} knows; papers seldom have the page's system font. */
const staticFont = 'Helvetica, Arial, sans-serif';

/**
 * A chart as an SVG document: well-formed XML 1.0 whatever the rows hold, in the light colours on
 * white, without scripts, links or fonts from elsewhere. Equal input gives equal text: widths of
 * text come from a table, not from the machine's fonts. Expressions are interpreted as on the page.
 * Charts must be drawn one after another, as ids are counted.
 */
export async function chartSvg({ spec, rows, controls, title, description }: StaticChart): Promise<string> {
  const { spec: compiled } = compileChart(standalone(spec));
  const themed = resolveTokens(placed(compiled), 'light');
  const ready: vega.Spec = {
    ...themed,
    background: '#ffffff',
    padding: 8,
    config: staticConfig(themed.config ?? {}),
    data: (themed.data ?? []).map((data) =>
      data.name === 'rows'
        ? { ...data, values: rows.map((row) => ({ ...row, trial_href: null, layer_href: null })) }
        : data,
    ),
  };
  vega.resetSVGDefIds();
  measureByTable();
  const view = new vega.View(vega.parse(ready, undefined, { ast: true }), {
    expr: expressionInterpreter,
    renderer: 'none',
    logLevel: vega.Error,
  });
  try {
    for (const { param, options } of controls) view.signal(param, options[0]?.value);
    const svg = await view.toSVG();
    return `<?xml version="1.0" encoding="UTF-8"?>\n${withoutForbidden(named(svg, title, withoutHints(description)))}\n`;
  } finally {
    view.finalize();
  }
}

/**
 * The specification with every width that the page would fill given in pixels, and without links to
 * other pages.
 */
function standalone(spec: TopLevelSpec): TopLevelSpec {
  return JSON.parse(JSON.stringify(spec), (key, value: unknown) => {
    if (key === 'href') return undefined;
    return key === 'width' && value === 'container' ? staticWidth : value;
  }) as TopLevelSpec;
}

/** The same for charts side by side, whose width is an expression of their place's. */
function placed(spec: vega.Spec): vega.Spec {
  return JSON.parse(JSON.stringify(spec).replaceAll('containerSize()[0]', String(staticWidth))) as vega.Spec;
}

/** How much wider Vega guesses text to be, where it cuts labels without a canvas, than it is. */
const cutSlack = 1.5;

/** The theme with {@link staticFont}, and with limits of labels that cut where the page would. */
function staticConfig(config: vega.Config): vega.Config {
  const { axis, ...others } = JSON.parse(JSON.stringify(config), (key, value: unknown) => {
    if (/^(?:label|title)Limit$/.test(key) && typeof value === 'number') return cutSlack * value;
    return value === chartConfig.font ? staticFont : value;
  }) as vega.Config;
  return { ...others, axis: { labelLimit: cutSlack * 180, ...axis } };
}

/**
 * Room for readers without Helvetica and Arial: their sans-serif is up to so much wider (DejaVu
 * Sans).
 */
const fallbackSlack = 1.15;

/** Vega's text measure, which its type declarations leave out. */
interface TextMetrics {
  width: (item: { readonly fontSize?: number; readonly limit?: number }, text: unknown) => number;
}

/**
 * Makes Vega take widths from {@link textWidth}: without a canvas it would guess every letter to be
 * as wide as an M.
 */
function measureByTable(): void {
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize, limit }, text) => {
    const shown = typeof text === 'string' || typeof text === 'number' ? String(text).trim() : '';
    const width = fallbackSlack * textWidth(shown, fontSize ?? 11);
    return limit !== undefined && limit > 0 ? Math.min(width, limit) : width;
  };
}

/** Puts a title and a description first into the picture, and says that it is one. */
function named(svg: string, title: string, description: string): string {
  const end = svg.indexOf('>');
  return `${svg.slice(0, end)} role="img" aria-labelledby="title description">
<title id="title">${escapeHtml(title)}</title>
<desc id="description">${escapeHtml(description)}</desc>
${svg.slice(end + 1)}`;
}

/** Without how to use a chart that can be clicked. */
function withoutHints(description: string): string {
  return description.replaceAll(legendHint, '').replaceAll(zoomHint, '').replaceAll(/ {2,}/g, ' ').trim();
}
