import type { PageFigure } from '../../figure.js';
import type { TrialPageFacts } from '../../pages/trial-page-facts.js';
import type { Row } from '../../query.js';
import { sqlText, textOf } from '../../query.js';

/** Every setting that the trial's numbers depend on. */
export const trialSettings: PageFigure<TrialPageFacts> = {
  id: 'settings',
  section: 'evidence',
  title: () => 'Settings',
  sql: ({ sweep, trial }) =>
    `SELECT substr(s.fullkey, 3) AS setting, s.atom AS value, EXISTS (
         SELECT 1 FROM json_each(t.axes) a WHERE s.fullkey = '$.' || a.key OR a.key LIKE '%.' || substr(s.fullkey, 3) OR s.fullkey LIKE '$.' || a.key || '.%') AS axis
FROM v_trial t, json_tree(t.settings) s
WHERE t.sweep = ${sqlText(sweep.sweep.name)} AND t.trial = ${trial.trial} AND s.type NOT IN ('object', 'array') ORDER BY axis DESC, setting`,
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'The database holds no settings of this trial.' }
      : {
          kind: 'table',
          sortable: false,
          emphasis: (row) => (row['axis'] === 1 ? 'varied' : null),
          caption:
            'Everything that the numbers depend on, by its path in the experiment; first (marked) what the sweep varies.',
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
