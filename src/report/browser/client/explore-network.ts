import { networkQuantities } from '../../charts/graph/network-quantities.js';
import { numberText, rowsOfNode } from '../../charts/graph/network-colours.js';
import type { FigureState } from './figure-state.js';
import { shownNetwork } from './paint-network.js';
import type { Tooltip } from './tooltip.js';

/**
 * What pointer and keys do on networks: a box under the pointer or with the focus tells its
 * numbers, arrow keys move the focus to the nearest box on their side, a group opens its picture.
 * Handlers sit on the document, as parts of a page may be replaced.
 *
 * @param figureOf a figure by its id
 */
export function exploreNetworks(tooltip: Tooltip, figureOf: (id: string | undefined) => FigureState | undefined): void {
  const tell = (target: EventTarget | null, at: { readonly x: number; readonly y: number } | null): void => {
    const box = boxOf(target);
    const figure = figureOf(box?.closest('figure')?.id);
    if (box === null || figure === undefined) return;
    const frame = box.getBoundingClientRect();
    tooltip.showAt(at ?? { x: frame.left, y: frame.bottom }, factsOf(box, figure));
  };
  document.addEventListener('pointerover', ({ target, clientX, clientY }) => {
    tell(target, { x: clientX, y: clientY });
  });
  document.addEventListener('pointerout', ({ target }) => {
    if (boxOf(target) !== null) tooltip.hide();
  });
  document.addEventListener('focusin', ({ target }) => {
    if ((target as Element).matches(':focus-visible')) tell(target, null);
  });
  document.addEventListener('focusout', ({ target }) => {
    if (boxOf(target) !== null) tooltip.hide();
  });
  document.addEventListener('keydown', (event) => {
    const box = (event.target as Element).closest<SVGElement>('.network .box');
    if (box === null) return;
    if (event.key === 'Escape') tooltip.hide();
    const next = neighbourOf(box, event.key);
    if (next === null) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  document.addEventListener('click', (event) => {
    const box = (event.target as Element).closest<SVGElement>('.network [data-part]');
    const part = box === null ? null : document.getElementById(box.dataset['part']!);
    if (!(part instanceof HTMLDetailsElement)) return;
    event.preventDefault();
    part.open = true;
    part.querySelector('summary')!.focus({ preventScroll: true });
    part.scrollIntoView({ block: 'nearest' });
  });
}

/** The square of a group, or else the box, that an event is about. */
function boxOf(target: EventTarget | null): SVGElement | null {
  if (!(target instanceof Element)) return null;
  return target.closest<SVGElement>('.network .cell') ?? target.closest<SVGElement>('.network .box');
}

/** Name, operators, and of a layer every number of the chosen trial and mode. */
function factsOf(box: SVGElement, figure: FigureState): readonly (readonly [string, string])[] {
  const { name, operators, node } = box.dataset;
  if (node === undefined) {
    return [
      ['name', name ?? ''],
      ['operators', operators ?? ''],
    ];
  }
  const { rows, choice } = shownNetwork(figure);
  const own = rowsOfNode(rows, Number(node), choice.trial);
  const row = own.find(({ mode }) => mode === choice.mode) ?? own[0];
  const numbers = networkQuantities.flatMap(({ field, name: quantity }) => {
    const value = row?.[field];
    return typeof value === 'number' ? [[quantity, numberText(value)] as const] : [];
  });
  return [
    ['layer', text(row?.['name'])],
    ['operators', operators ?? text(row?.['op'])],
    ...(box.classList.contains('float') ? [['quantized', 'no, left in float'] as const] : []),
    ...numbers,
  ];
}

function text(cell: unknown): string {
  return typeof cell === 'string' ? cell : '';
}

const sides: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** The nearest box on the side of an arrow key that can have the focus. */
function neighbourOf(box: SVGElement, key: string): SVGElement | null {
  const side = sides[key];
  if (side === undefined) return null;
  const [dx, dy] = side;
  const from = centreOf(box);
  let nearest: SVGElement | null = null;
  let least = Infinity;
  for (const other of box.ownerSVGElement!.querySelectorAll<SVGElement>('.box[href], .box[tabindex]')) {
    const to = centreOf(other);
    const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
    const across = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
    // What lies rather beside than ahead is on another side.
    if (along < 1 || across > 3 * along) continue;
    const distance = along + 2 * across;
    if (distance < least) [nearest, least] = [other, distance];
  }
  return nearest;
}

function centreOf(box: SVGElement): { readonly x: number; readonly y: number } {
  const { left, top, width, height } = box.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
