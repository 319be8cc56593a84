import type { RowLinks } from '../../addresses/page-links.js';
import type { ColorScheme } from '../../charts/theme-tokens.js';
import { copyText } from './copy-text.js';
import { fillDataTable } from './data-table.js';
import { downloadCsv } from './download-csv.js';
import { drawFigure, setParameter } from './draw-figure.js';
import { exploreNetworks } from './explore-network.js';
import { element } from './element.js';
import { createExplorer, type Explorer } from './explorer/explorer.js';
import type { ExplorerState } from './explorer/explorer-state.js';
import { figureIds, readFigures, unpackFigures, type FigureState } from './figure-state.js';
import { paintNetwork } from './paint-network.js';
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

/** Explored tables by figure. */
const explorers = new Map<string, Explorer>();
/** What was chosen in those that have left the page, for those that take their place. */
const explored = new Map<string, ExplorerState>();

void unpacked.then(() => {
  equip(figures);
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

/** Gives figures what works with this script alone. */
function equip(some: readonly FigureState[]): void {
  for (const figure of some) {
    const explorer = createExplorer(figure, { links, figureOf }, explored.get(figure.id));
    if (explorer !== null) explorers.set(figure.id, explorer);
    addDownload(figure);
  }
}

/** Rows behind a figure as a file, beside its SQL. */
function addDownload({ id, columns, rows }: FigureState): void {
  const sources = document.getElementById(id)?.querySelector(':scope > .sources');
  if (sources === null || sources === undefined || columns.length === 0) return;
  const button = element('button', 'csv', 'CSV');
  button.type = 'button';
  button.title = `${rows.length} rows, as the SQL returns them`;
  button.addEventListener('click', () => {
    downloadCsv(id, columns, rows);
  });
  sources.append(button);
}

addEventListener('hashchange', () => {
  for (const explorer of explorers.values()) explorer.readAddress();
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
  const figure = figureOf(chosen.closest('figure')!.id);
  if (figure !== undefined) paintNetwork(figure);
  for (const view of figure?.views ?? []) {
    setParameter(view, chosen);
    void view.runAsync();
  }
});

exploreNetworks(tooltip, figureOf);

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

document.addEventListener('click', (event) => {
  const button = (event.target as Element).closest('th[aria-sort] button');
  // Explored tables sort by their own script, which has put new heads in place by now.
  const isExplored = event.composedPath().some((node) => node instanceof Element && node.matches('.explored'));
  if (button !== null && !isExplored) sortTable(button.closest('table')!, button.closest('th')!);
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
    const ids = figureIds(root);
    // A figure that has moved is there twice by now: the one that came first leaves.
    const gone = ids.flatMap((id) => figures.find((figure) => figure.id === id) ?? []);
    figures = figures.filter((figure) => !gone.includes(figure));
    for (const id of ids) {
      const explorer = explorers.get(id);
      if (explorer !== undefined) explored.set(id, explorer.leave());
      explorers.delete(id);
    }
    tooltip.hide();
    const selections = new Map(gone.map(({ id, views }) => [id, views.map(selectionsOf)] as const));
    for (const { views } of gone) for (const view of views) view.finalize();
    return selections;
  },
  adopt(root, fetched, selections) {
    links = readLinks();
    const come = figureIds(root).map((id) => fetched.get(id)!);
    figures = [...figures, ...come];
    equip(come);
    draw(come, readersScheme());
    for (const { id, views } of come) {
      views.forEach((view, index) => {
        select(view, selections.get(id)?.[index]);
      });
    }
  },
};
globalThis.quantsweepPage = replaceable;
