import { restoreRows } from './embed-rows.js';
import { unpackInPage } from './packed-figure.js';
import { themeTokens } from '../charts/theme.js';

/**
 * The page's own script, after Vega: draws each figure's charts from its embedded rows, redraws them when the colour
 * scheme or the print medium changes, fills data tables on opening, sorts tables and copies SQL. Text from the database
 * reaches the document as text nodes only. Handlers sit on the document, so that parts of a page may be replaced: what
 * a live page needs for that is `quantsweepPage` (see live/live-script).
 */
export const pageScript = `'use strict';
(() => {
const tokens = ${JSON.stringify(themeTokens)};
const dark = matchMedia('(prefers-color-scheme: dark)');
const mostRows = 200;
const restoreRows = ${restoreRows};
const inflate = ${unpackInPage};
let figures = readFigures(document);
function readFigures(root) {
  return [...root.querySelectorAll('script[data-figure]')].map((script) => ({
    id: script.dataset.figure, packed: script.textContent, columns: [], rows: [], panels: [], views: [], failure: null,
  }));
}

function create(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/* Tooltips */
const tip = document.body.appendChild(create('div', 'tooltip'));
tip.setAttribute('aria-hidden', 'true');
function showTooltip(_, event, item, value) {
  if (event && event.target && event.target.style) event.target.style.cursor = item && item.href ? 'pointer' : '';
  if (value === null || value === undefined || value === '') { tip.style.visibility = 'hidden'; return; }
  tip.replaceChildren();
  const table = create('table');
  for (const [name, cell] of Object.entries(value)) {
    const row = table.insertRow();
    row.append(create('td', '', name), create('td', '', String(cell).slice(0, 200)));
  }
  tip.append(table);
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + 'px';
  tip.style.top = Math.max(4, event.clientY + 14 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 14) + 'px';
  tip.style.visibility = 'visible';
}

/* Charts */
let links = readLinks();
function readLinks() {
  return JSON.parse(document.querySelector('main').dataset.links);
}
function trialHref(trial) {
  return links.trials !== null && (links.trials === 'any' || links.trials.includes(trial)) ? 'trial-' + trial + '.html' : null;
}
function layerHref(position) {
  const number = links.layers === null ? undefined : links.layers[position];
  return number === undefined ? null : 'layer-' + number + '.html';
}
function rowObjects(figure) {
  return figure.rows.map((cells) => {
    const row = Object.fromEntries(figure.columns.map((column, index) => [column, cells[index]]));
    if (typeof row.trial === 'number') row.trial_href = trialHref(row.trial);
    if (typeof row.position === 'number') row.layer_href = layerHref(row.position);
    return row;
  });
}
function themed(spec, mode, narrow) {
  return JSON.parse(JSON.stringify(spec), (key, value) => {
    if (key === 'labelLimit' && narrow && value > 110) return 110;
    if (typeof value !== 'string' || value[0] !== '@') return value;
    const token = tokens[value.slice(1)];
    return token === undefined ? value : token[mode];
  });
}
function drawFigure(figure, mode) {
  const section = document.getElementById(figure.id);
  figure.views = figure.panels.map((spec, index) => {
    const holder = section.querySelector('[data-panel="' + index + '"]');
    const old = figure.views[index];
    if (old) old.finalize();
    holder.replaceChildren();
    const ready = themed(spec, mode, holder.clientWidth < 480);
    if (holder.clientWidth < 480) for (const signal of ready.signals || []) if (signal.name === 'layerNames') signal.value = Object.fromEntries(Object.entries(signal.value).map(([place, name]) => [place, name.length > 17 ? name.slice(0, 6) + '…' + name.slice(-10) : name]));
    if (holder.clientWidth < 480 && ready.config && ready.config.legend) Object.assign(ready.config.legend, { titleOrient: 'top', columns: 2 });
    for (const data of ready.data) if (data.name === 'rows') data.values = rowObjects(figure);
    const view = new vega.View(vega.parse(ready, undefined, { ast: true }), {
      expr: vega.expressionInterpreter, renderer: 'svg', hover: true, logLevel: vega.Warn, tooltip: showTooltip, container: holder,
    });
    for (const select of section.querySelectorAll('select[data-param]')) setParam(view, select);
    view.run();
    return view;
  });
}
function setParam(view, select) {
  view.signal(select.dataset.param, JSON.parse(select.value));
}
function drawAll(mode) {
  draw(figures, mode);
  document.documentElement.dataset.drawn = mode;
}
function draw(drawn, mode) {
  for (const figure of drawn) {
    try {
      if (figure.failure) throw figure.failure;
      if (figure.panels.length) drawFigure(figure, mode);
    } catch (error) { cannotDraw(figure, error); }
  }
}
function cannotDraw(figure, error) {
  console.error(error);
  const holder = document.getElementById(figure.id).querySelector('[data-panel]');
  if (holder) holder.replaceChildren(create('p', 'absent', 'This chart could not be drawn: ' + error.message));
}
const mode = () => (dark.matches ? 'dark' : 'light');
document.addEventListener('change', ({ target }) => {
  const select = target.closest('select[data-param]');
  if (!select) return;
  const figure = figures.find((one) => one.id === select.closest('figure').id);
  for (const view of figure.views) { setParam(view, select); view.runAsync(); }
});
async function unpack(packed) {
  await Promise.all(packed.map(async (figure) => {
    try {
      const { columns, panels, ...rows } = await inflate(figure.packed);
      Object.assign(figure, { columns, panels, rows: restoreRows(rows) });
    } catch (error) { figure.failure = error; }
  }));
  return packed;
}
let unpacked = unpack(figures);
unpacked.then(() => {
  drawAll(mode());
  dark.addEventListener('change', () => drawAll(mode()));
  addEventListener('beforeprint', () => drawAll('light'));
  addEventListener('afterprint', () => drawAll(mode()));
});

/* Data tables behind charts, filled on opening */
function cellText(value) {
  if (value === null) return '–';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}
function fillTable(figure, holder) {
  const shown = figure.rows.slice(0, mostRows);
  if (figure.rows.length > shown.length) holder.before(create('p', 'caption', 'The first ' + mostRows + ' of ' + figure.rows.length + ' rows; the SQL returns all.'));
  const table = create('table');
  table.append(create('caption', 'hidden', document.getElementById(figure.id).querySelector('h3').textContent));
  const head = table.createTHead().insertRow();
  const numeric = figure.columns.map((_, index) => shown.every((row) => row[index] === null || typeof row[index] === 'number'));
  figure.columns.forEach((column, index) => {
    const cell = create('th', numeric[index] ? 'right' : '', column);
    cell.scope = 'col';
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of shown) {
    const line = body.insertRow();
    row.forEach((value, index) => line.append(create('td', numeric[index] ? 'right' : '', cellText(value))));
  }
  holder.append(table);
}
document.addEventListener('toggle', ({ target }) => {
  const holder = target.querySelector('[data-rows-of]');
  if (!holder) return;
  unpacked.then(() => { if (!holder.firstChild) fillTable(figures.find((one) => one.id === holder.dataset.rowsOf), holder); });
}, true);

/* Sorting */
function sortBy(table, head) {
  const index = [...head.parentNode.children].indexOf(head);
  const down = head.getAttribute('aria-sort') === 'ascending';
  for (const other of head.parentNode.children) other.setAttribute('aria-sort', 'none');
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const valueOf = (row) => JSON.parse(row.cells[index].dataset.sort);
  const rows = [...table.tBodies[0].rows].sort((one, other) => {
    const a = valueOf(one), b = valueOf(other);
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
    return down ? -order : order;
  });
  table.tBodies[0].append(...rows);
}
document.addEventListener('click', ({ target }) => {
  const button = target.closest('th[aria-sort] button');
  if (button) sortBy(button.closest('table'), button.closest('th'));
});

/* Copying SQL */
async function copy(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch {
    const area = document.body.appendChild(create('textarea', 'hidden'));
    area.value = text;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
document.addEventListener('click', async ({ target }) => {
  const button = target.closest('button.copy');
  if (!button) return;
  button.textContent = (await copy(button.closest('details').querySelector('code').textContent)) ? 'Copied' : 'Select the text to copy it';
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
});

/* For parts of the page that are replaced */
globalThis.quantsweepPage = {
  sortBy,
  /* Promises the figures of a document by id, unpacked, so that \`adopt\` draws at once and the page does not jump. */
  unpack: async (root) => new Map((await unpack(readFigures(root))).map((figure) => [figure.id, figure])),
  /* Ends the charts within an element that is about to leave the document; returns what was selected in them. */
  discard(root) {
    const ids = idsIn(root);
    const gone = figures.filter(({ id }) => ids.includes(id));
    figures = figures.filter(({ id }) => !ids.includes(id));
    tip.style.visibility = 'hidden';
    const states = new Map(gone.map(({ id, views }) => [id, views.map(selections)]));
    for (const { views } of gone) for (const view of views) view.finalize();
    return states;
  },
  /* Draws the charts within an element that has come into the document, with the selections of the ones before. */
  adopt(root, unpacked, states) {
    links = readLinks();
    const come = idsIn(root).map((id) => unpacked.get(id));
    figures.push(...come);
    draw(come, mode());
    for (const { id, views } of come) views.forEach((view, index) => select(view, (states.get(id) || [])[index]));
  },
};
function idsIn(root) {
  return [...root.querySelectorAll('script[data-figure]')].map((script) => script.dataset.figure);
}
function selections(view) {
  return JSON.parse(JSON.stringify(view.getState({ data: (name) => name.endsWith('_store'), signals: () => false, recurse: false }).data || {}));
}
function select(view, data) {
  if (data && Object.values(data).some((rows) => rows && rows.length)) view.setState({ data });
}
})();`;
