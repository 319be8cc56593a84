import type * as Vega from 'vega';
import type { Spec, View } from 'vega';
import type { RowLinks } from '../../addresses/page-links.js';
import { resolveTokens, type ColorScheme } from '../../charts/theme-tokens.js';
import { element } from './element.js';
import type { FigureState } from './figure-state.js';
import { messageOf } from './message-of.js';
import { narrowBelow, narrowSpec } from './narrow-spec.js';
import { paintNetwork } from './paint-network.js';
import { rowObjects } from './row-objects.js';
import type { Tooltip } from './tooltip.js';

/**
 * Vega, a script of its own before the page's, with its expression interpreter: see
 * charts/chart-library.
 */
declare const vega: typeof Vega & { readonly expressionInterpreter: unknown };

/** What charts of a page have in common. */
export interface Drawing {
  readonly scheme: ColorScheme;
  readonly links: RowLinks;
  readonly tooltip: Tooltip;
}

/**
 * Draws a figure's charts, in place of those drawn before; says in their place where one can't be
 * drawn.
 */
export function drawFigure(figure: FigureState, drawing: Drawing): void {
  try {
    if (figure.failure !== null) throw figure.failure.error;
    if (figure.panels.length > 0) drawPanels(figure, drawing);
    paintNetwork(figure);
  } catch (error) {
    console.error(error);
    const text = `This chart could not be drawn: ${messageOf(error)}`;
    document
      .getElementById(figure.id)!
      .querySelector('[data-panel]')
      ?.replaceChildren(element('p', 'absent', text));
  }
}

/** Sets the parameter of a selection above a chart. */
export function setParameter(view: View, select: HTMLSelectElement): void {
  view.signal(select.dataset['param']!, JSON.parse(select.value));
}

function drawPanels(figure: FigureState, { scheme, links, tooltip }: Drawing): void {
  const section = document.getElementById(figure.id)!;
  const selects = section.querySelectorAll<HTMLSelectElement>('select[data-param]');
  figure.views = figure.panels.map((panel, index) => {
    const holder = section.querySelector(`[data-panel="${index}"]`)!;
    figure.views[index]?.finalize();
    holder.replaceChildren();
    const named = { ...panel, description: holder.getAttribute('aria-label') ?? '' };
    const themed = resolveTokens(named, scheme);
    const spec = holder.clientWidth < narrowBelow ? narrowSpec(themed) : themed;
    // With the interpreter no expression is compiled, which the page's policy forbids.
    const view = new vega.View(vega.parse(withRows(spec, figure, links), undefined, { ast: true }), {
      expr: vega.expressionInterpreter,
      renderer: 'svg',
      hover: true,
      logLevel: vega.Warn,
      tooltip: tooltip.show,
      container: holder,
    });
    for (const select of selects) setParameter(view, select);
    view.run();
    return view;
  });
}

/**
 * A chart with the figure's rows as its data set `rows`: a copy for each, as Vega marks the rows
 * that it takes.
 */
function withRows(spec: Spec, { columns, rows }: FigureState, links: RowLinks): Spec {
  const data = (spec.data ?? []).map((set) =>
    set.name === 'rows' ? { ...set, values: rowObjects(columns, rows, links) } : set,
  );
  return { ...spec, data };
}
