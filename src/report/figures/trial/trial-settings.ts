import type { PageFigure } from '../figure.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import type { Row } from '../../query.js';
import { sqlText, textOf } from '../../query.js';

/** Every setting that the trial's numbers depend on. */
export const trialSettings: PageFigure<TrialPageFacts> = {
  id: 'settings',
  section: 'evidence',
  title: () => 'Settings',
  sql: ({ sweep, trial }) =>
    `SELECT setting, value, varied AS axis FROM v_setting
WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial} ORDER BY varied DESC, setting`,
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'The database has no settings of this trial.', brief: 'none stored' }
      : {
          kind: 'table',
          sortable: false,
          emphasis: (row) => (row['axis'] === 1 ? 'varied' : null),
          caption:
            'Everything the numbers depend on, by path in the experiment file; settings that the sweep varies come first (marked).',
          columns: [
            { title: 'setting', field: 'setting', align: 'left', text: (row) => textOf(row, 'setting') },
            { title: 'value', field: 'value', align: 'left', text: valueOf },
          ],
        },
};

function valueOf(row: Row): string {
  const value = row['value'];
  return value === null || value === undefined ? '– (not set)' : String(value);
}
