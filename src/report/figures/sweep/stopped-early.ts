import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Figure, TableColumn } from '../figure.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf, textOrNull } from '../../query.js';
import type { PageLinks } from '../../addresses/page-links.js';

/** Settings that were not evaluated to the end, with what was seen of them. */
export const stoppedEarly: Figure = {
  id: 'stopped-early',
  section: 'trials',
  name: 'settings stopped early',
  title: () => 'Settings that were stopped early',
  sql: ({ sweep }) => stoppedSql(sweep.name, ''),
  build: (rows, { sweep, links }) =>
    rows.length === 0
      ? {
          kind: 'absent',
          note: 'No setting was stopped early: data.evaluation.stop.confidence in the experiment stops settings early that are certainly not the best (task classification).',
          brief: 'data.evaluation.stop',
        }
      : stoppedTable(links, sweep.stopped > rows.length ? ` The first ${rows.length} of ${sweep.stopped}.` : ''),
};

/**
 * The stopped trials of a sweep, in order of their numbers. `more` is a further condition, from its
 * AND on.
 */
export function stoppedSql(sweep: string, more: string): string {
  return `SELECT trial, label, evaluated_samples, samples, correct, against, against_label, against_correct, only_trial, only_against, p_value, threshold, reason
FROM v_stopped WHERE sweep = ${sqlText(sweep)}${more} ORDER BY trial LIMIT ${drawnLimits.tableRows}`;
}

/** The table of rows of {@link stoppedSql}. */
export function stoppedTable(links: PageLinks, leftOut: string) {
  return {
    kind: 'table' as const,
    sortable: true,
    caption: `Each was stopped once it was certainly worse than the best setting complete at its start. Counts cover the samples it saw; they are no accuracy.${leftOut}`,
    details:
      'Samples came in random order. p: one-sided sign test on the samples that only one of the two gets right, at or below the threshold. “Out of reach”: it would be behind even with all remaining samples right.',
    columns: columns(links),
  };
}

function columns(links: PageLinks): TableColumn[] {
  return [
    {
      title: 'setting',
      field: 'trial',
      align: 'left',
      text: (row) => textOf(row, 'label'),
      href: (row) => links.trial(numberOf(row, 'trial')),
    },
    right(
      'samples seen',
      'evaluated_samples',
      (row) => `${whole(row, 'evaluated_samples')} of ${whole(row, 'samples')}`,
    ),
    right('right', 'correct', (row) => whole(row, 'correct')),
    right('right of the other', 'against_correct', (row) => whole(row, 'against_correct')),
    right('only here', 'only_trial', (row) => whole(row, 'only_trial')),
    right('only there', 'only_against', (row) => whole(row, 'only_against')),
    right('p', 'p_value', (row) =>
      row['reason'] === 'certain' ? 'out of reach' : numberOf(row, 'p_value').toExponential(1),
    ),
    {
      title: 'held against',
      field: 'against_label',
      align: 'left',
      text: (row) => textOrNull(row, 'against_label') ?? `trial ${numberOf(row, 'against')}`,
      href: (row) => links.trial(numberOf(row, 'against')),
    },
  ];
}

function right(title: string, field: string, text: (row: Row) => string): TableColumn {
  return { title, field, align: 'right', text };
}

function whole(row: Row, field: string): string {
  return numberOf(row, field).toLocaleString('en-US');
}
