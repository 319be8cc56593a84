import type { TooltipHandler } from 'vega';
import { element } from './element.js';

/** Letters of a value shown at most. */
const mostLetters = 200;

/** The one tooltip of the page. */
export interface Tooltip {
  /** Shows what a mark tells, beside the pointer. Given to each Vega view. */
  readonly show: TooltipHandler;
  /** Shows names and values beside a place in the window. */
  readonly showAt: (
    at: { readonly x: number; readonly y: number },
    facts: readonly (readonly [string, string])[],
  ) => void;
  readonly hide: () => void;
}

/** Adds the tooltip to the page, hidden. */
export function createTooltip(): Tooltip {
  const tip = document.body.appendChild(element('div', 'tooltip'));
  tip.setAttribute('aria-hidden', 'true');
  return { show, showAt, hide };

  /** @param event null where a chart comes to its end */
  function show(_: unknown, event: MouseEvent | null, item: object | null, value: unknown): void {
    const isLink = item !== null && 'href' in item && Boolean(item.href);
    if (event?.target instanceof HTMLElement || event?.target instanceof SVGElement)
      event.target.style.cursor = isLink ? 'pointer' : '';
    if (event === null || typeof value !== 'object' || value === null) {
      hide();
      return;
    }
    const { clientX: x, clientY: y } = event;
    showAt(
      { x, y },
      Object.entries(value).map(([name, cell]) => [name, String(cell)]),
    );
  }

  function showAt(
    { x, y }: { readonly x: number; readonly y: number },
    facts: readonly (readonly [string, string])[],
  ): void {
    const table = element('table');
    for (const [name, text] of facts) {
      table.insertRow().append(element('td', '', name), element('td', '', text.slice(0, mostLetters)));
    }
    tip.replaceChildren(table);
    const { width, height } = tip.getBoundingClientRect();
    const fitsBelow = y + 14 + height <= innerHeight;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${Math.max(4, fitsBelow ? y + 14 : y - height - 10)}px`;
    tip.style.visibility = 'visible';
  }

  function hide(): void {
    tip.style.visibility = 'hidden';
  }
}
