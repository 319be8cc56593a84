import type { Figure } from '../figure.js';
import { numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import { timeText } from '../../time-text.js';

/** What people wrote on the sweep and its trials. */
export const notes: Figure = {
  id: 'notes',
  section: 'trials',
  title: () => 'Notes and tags',
  sql: ({ sweep }) =>
    `SELECT trial, label, kind, text, written_at FROM v_note WHERE sweep = ${sqlText(sweep.name)} ORDER BY trial IS NOT NULL, trial, kind DESC, note`,
  build: (rows, { links }) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'Nobody has written a note. quantsweep note TRIAL "text" writes one.',
        holdsWhilePending: true,
      };
    }
    return {
      kind: 'table',
      sortable: true,
      caption: 'Written with quantsweep note. A note on a trial is shown in every sweep that the trial is in.',
      columns: [
        {
          title: 'on',
          field: 'trial',
          align: 'left',
          text: (row) => textOrNull(row, 'label') ?? 'the sweep',
          href: (row) => (row['trial'] === null ? null : links.trial(numberOrNull(row, 'trial') ?? -1)),
        },
        { title: 'kind', field: 'kind', align: 'left', text: (row) => textOf(row, 'kind') },
        { title: 'text', field: 'text', align: 'left', text: (row) => textOf(row, 'text') },
        { title: 'written', field: 'written_at', align: 'left', text: (row) => timeText(textOf(row, 'written_at')) },
      ],
    };
  },
};
