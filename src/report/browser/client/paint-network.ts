import type { RowLinks } from '../../addresses/page-links.js';
import {
  networkColours,
  type NetworkChoice,
  type NetworkColours,
  type NetworkPaint,
} from '../../charts/graph/network-colours.js';
import { networkQuantities } from '../../charts/graph/network-quantities.js';
import { element } from './element.js';
import type { FigureState } from './figure-state.js';
import { rowObjects, type RowObject } from './row-objects.js';

/** The rows of a figure that shows a network, and what is chosen above it. */
export interface ShownNetwork {
  readonly rows: readonly RowObject[];
  readonly choice: NetworkChoice;
}

const noLinks: RowLinks = { trials: null, layers: null, comparisons: null };

/** Colours the boxes of a network by what is chosen above it; does nothing for other figures. */
export function paintNetwork({ id, columns, rows }: FigureState): void {
  const figure = document.getElementById(id)!;
  if (figure.querySelector('.network') === null) return;
  const choice = choiceOf(figure);
  const colours = networkColours(rowObjects(columns, rows, noLinks), choice);
  for (const box of figure.querySelectorAll<SVGElement>('[data-node]')) {
    paint(box, colours.byNode.get(Number(box.dataset['node'])));
  }
  writeLegend(figure.querySelector('[data-legend]')!, colours);
  // What does not depend on how much was quantized leaves nothing to choose there.
  const mode = figure.querySelector<HTMLSelectElement>('select[data-param="mode"]');
  const quantity = networkQuantities.find(({ field }) => field === choice.field);
  if (mode !== null) mode.disabled = quantity?.isByMode === false;
}

/** What a figure shows at the moment. */
export function shownNetwork({ id, columns, rows }: FigureState): ShownNetwork {
  return { rows: rowObjects(columns, rows, noLinks), choice: choiceOf(document.getElementById(id)!) };
}

function choiceOf(figure: Element): NetworkChoice {
  const chosen = (param: string): unknown => {
    const select = figure.querySelector<HTMLSelectElement>(`select[data-param="${param}"]`);
    return select === null ? null : JSON.parse(select.value);
  };
  return {
    field: chosen('shows') as string | null,
    mode: chosen('mode') as string | null,
    trial: chosen('trial') as number | null,
  };
}

function paint(box: SVGElement, { className, text, isFloat }: NetworkPaint = unpainted): void {
  box.classList.remove(...[...box.classList].filter((name) => /^(?:[qt]\d|none|float)$/.test(name)));
  box.classList.add(className, ...(isFloat ? ['float'] : []));
  const value = box.querySelector('.value');
  if (value === null) return;
  value.textContent = text;
  const shown = [...box.querySelectorAll('text')].map(({ textContent }) => textContent).filter(Boolean);
  const said = [shown.join(' '), box.dataset['name'], box.dataset['operators'], text, isFloat ? 'float' : ''];
  box.setAttribute('aria-label', said.filter(Boolean).join(', '));
}

const unpainted: NetworkPaint = { className: 'none', text: '', isFloat: false };

function writeLegend(legend: Element, { title, legend: items, hasFloat }: NetworkColours): void {
  const entries = [...items, ...(hasFloat ? [{ className: 'float', text: 'left in float' }] : [])];
  legend.replaceChildren(
    element('span', '', title),
    ...entries.map(({ className, text }) => {
      const entry = element('span');
      entry.append(element('i', className), text);
      return entry;
    }),
  );
}
