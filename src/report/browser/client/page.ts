import type { RowLinks } from '../../addresses/page-links.js';
import type { ColorScheme } from '../../charts/theme-tokens.js';
import { copyText } from './copy-text.js';
import { fillDataTable } from './data-table.js';
import { drawFigure, setParameter } from './draw-figure.js';
import { figureIds, readFigures, unpackFigures, type FigureState } from './figure-state.js';
import type { ReplaceablePage } from './replaceable-page.js';
import { select, selectionsOf } from './selections.js';
import { sortTable } from './sort-table.js';
import { createTooltip } from './tooltip.js';

/**
 * The page's own script, after Vega: draws each figure's charts from its embedded rows, redraws
 * them when the colour scheme or the print medium changes, fills data tables on opening, sorts
 * tables and copies SQL. Handlers sit on the document, so that parts of a page may be replaced:
 * what a live page needs for that is `quantsweepPage`.
 */
const tooltip = createTooltip();
const dark = matchMedia('(prefers-color-scheme: dark)');
let links = readLinks();
let figures: readonly FigureState[] = readFigures(document);
const unpacked = unpackFigures(figures);

void unpacked.then(() => {
  drawAll(readersScheme());
  dark.addEventListener('change', () => {
    drawAll(readersScheme());
  });
  addEventListener('beforeprint', () => {
    drawAll('light');
  });
  addEventListener('afterprint', () => {
    drawAll(readersScheme());
  });
});

function readersScheme(): ColorScheme {
  return dark.matches ? 'dark' : 'light';
}

function drawAll(scheme: ColorScheme): void {
  draw(figures, scheme);
  document.documentElement.dataset['drawn'] = scheme;
}

function draw(some: readonly FigureState[], scheme: ColorScheme): void {
  for (const figure of some) drawFigure(figure, { scheme, links, tooltip });
}

function readLinks(): RowLinks {
  return JSON.parse(document.querySelector('main')!.dataset['links']!) as RowLinks;
}

function figureOf(id: string | undefined): FigureState | undefined {
  return figures.find((figure) => figure.id === id);
}

/* Selections above charts */
document.addEventListener('change', ({ target }) => {
  const chosen = (target as Element).closest<HTMLSelectElement>('select[data-param]');
  if (chosen === null) return;
  for (const view of figureOf(chosen.closest('figure')!.id)?.views ?? []) {
    setParameter(view, chosen);
    void view.runAsync();
  }
});

/* Data tables behind charts, filled on opening: `toggle` doesn't bubble */
document.addEventListener(
  'toggle',
  ({ target }) => {
    const holder = (target as Element).querySelector<HTMLElement>('[data-rows-of]');
    if (holder === null) return;
    void unpacked.then(() => {
      const figure = figureOf(holder.dataset['rowsOf']);
      if (figure !== undefined && holder.firstChild === null) fillDataTable(figure, holder);
    });
  },
  true,
);

document.addEventListener('click', ({ target }) => {
  const button = (target as Element).closest('th[aria-sort] button');
  if (button !== null) sortTable(button.closest('table')!, button.closest('th')!);
});

document.addEventListener('click', ({ target }) => {
  const button = (target as Element).closest('button.copy');
  if (button !== null) void copySql(button);
});

async function copySql(button: Element): Promise<void> {
  const isCopied = await copyText(button.closest('details')!.querySelector('code')!.textContent);
  button.textContent = isCopied ? 'Copied' : 'Select the text to copy it';
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2000);
}

const replaceable: ReplaceablePage = {
  sortBy: sortTable,
  unpack: async (root) =>
    new Map((await unpackFigures(readFigures(root))).map((figure) => [figure.id, figure] as const)),
  discard(root) {
    // A figure that has moved is there twice by now: the one that came first leaves.
    const gone = figureIds(root).flatMap((id) => figures.find((figure) => figure.id === id) ?? []);
    figures = figures.filter((figure) => !gone.includes(figure));
    tooltip.hide();
    const selections = new Map(gone.map(({ id, views }) => [id, views.map(selectionsOf)] as const));
    for (const { views } of gone) for (const view of views) view.finalize();
    return selections;
  },
  adopt(root, fetched, selections) {
    links = readLinks();
    const come = figureIds(root).map((id) => fetched.get(id)!);
    figures = [...figures, ...come];
    draw(come, readersScheme());
    for (const { id, views } of come) {
      views.forEach((view, index) => {
        select(view, selections.get(id)?.[index]);
      });
    }
  },
};
globalThis.quantsweepPage = replaceable;
