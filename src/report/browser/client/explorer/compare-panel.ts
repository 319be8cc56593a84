import { mostCompared } from '../../../addresses/site-map.js';
import { exploredText } from '../../../explored-cell.js';
import type { ExploredColumn } from '../../../explored-table.js';
import type { Row } from '../../../query.js';
import { copyText } from '../copy-text.js';
import { element } from '../element.js';
import { trialHref } from '../row-objects.js';
import { choiceOf } from './explorer-state.js';
import type { Explored, Exploring } from './explored.js';
import { comparisonHref } from './comparison-href.js';
import { lossLines } from './loss-lines.js';

/**
 * The selected trials side by side: settings in which they differ, numbers, and the loss of each
 * layer where the page has it. All of it is in the rows of the page; what was not tested says so.
 */
export function comparePanel(explored: Explored, { links, figureOf }: Exploring): HTMLElement[] {
  const { table, state } = explored;
  const rows = state.selected.map((trial) => explored.rows.find((row) => row['trial'] === trial)!);
  const heading = element('h4', '', `${rows.length} trials side by side`);
  const losses = lossLines(rows, figureOf('layer-loss'));
  return [
    heading,
    comparedTable(),
    losses ?? element('p', 'caption', 'The page has no layer losses of these trials together; their comparison has.'),
    comparisonLink(),
  ];

  function comparedTable(): HTMLElement {
    const scroll = element('div', 'scroll');
    scroll.tabIndex = 0;
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', 'Selected trials');
    const node = element('table');
    const head = node.createTHead().insertRow();
    head.append(headCell('col', ''), ...rows.map(trialHead));
    const body = node.createTBody();
    const differing = table.columns.filter(({ isSetting }) => isSetting).filter(differs);
    const numbers = table.columns.filter(
      (column) => isNumber(column) && rows.some((row) => row[column.field] !== null),
    );
    for (const column of [...differing, ...numbers]) {
      const line = body.insertRow();
      const name = headCell('row', column.title);
      if (column.hint !== '' && column.hint !== column.title) name.append(element('small', '', ` ${column.hint}`));
      line.append(name, ...rows.map((row) => element('td', 'right', textOf(column, row))));
    }
    scroll.append(node);
    return scroll;
  }

  function trialHead(row: Row): HTMLElement {
    const cell = headCell('col', '');
    cell.className = 'right';
    const href = trialHref(Number(row['trial']), links);
    const label = element(href === null ? 'span' : 'a', '', String(row['label']));
    if (label instanceof HTMLAnchorElement) label.href = href!;
    cell.append(label);
    return cell;
  }

  function differs({ field }: ExploredColumn): boolean {
    return new Set(rows.map((row) => choiceOf(row[field] ?? null))).size > 1;
  }

  function textOf(column: ExploredColumn, row: Row): string {
    const isBest = row['trial'] === table.best;
    if (isBest && ['p-best', 'difference'].includes(column.id)) return 'the best';
    return exploredText(column, row, table.metric);
  }

  function comparisonLink(): HTMLElement {
    const line = element('p', 'caption');
    if (state.selected.length > mostCompared) {
      line.append(
        `A page with paired tests compares at most ${mostCompared} trials; ${state.selected.length} are selected.`,
      );
      return line;
    }
    const href = comparisonHref(state.selected, links);
    if (href !== null) {
      const link = element('a', '', 'Compare them on a page of their own');
      link.href = href;
      line.append(link, ': every setting, paired tests against the first, losses and alphas of each layer.');
      return line;
    }
    const command = `quantsweep report ${shellWord(table.sweep)} --compare ${state.selected.join(' ')}`;
    const copy = element('button', '', 'Copy');
    copy.type = 'button';
    copy.addEventListener('click', () => {
      void copyText(command).then((isCopied) => {
        copy.textContent = isCopied ? 'Copied' : 'Select the text to copy it';
      });
    });
    line.append('Paired tests among them, and every layer: ', element('code', '', command), ' ', copy);
    return line;
  }
}

function isNumber({ format }: ExploredColumn): boolean {
  return ['value', 'interval', 'gap', 'difference', 'p', 'loss', 'share', 'exponent', 'duration'].includes(format);
}

function headCell(scope: 'col' | 'row', text: string): HTMLTableCellElement {
  const cell = element('th', '', text);
  cell.scope = scope;
  return cell;
}

/** A name as a POSIX shell takes it. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
