import { numberOf, sqlText, textOf } from '../../query.js';
import type { Figure } from '../figure.js';

/** How many trials of each role the sweep has. */
export const trialsByRole: Figure = {
  id: 'trials-by-role',
  section: 'provenance',
  title: () => 'Trials by role',
  sql: ({ sweep }) => `SELECT role, count(*) AS trials FROM v_trial WHERE sweep = ${sqlText(sweep.name)} GROUP BY role`,
  build: (rows) => ({
    kind: 'text',
    caption: rows.map((row) => `${textOf(row, 'role')}: ${numberOf(row, 'trials')}`).join(', '),
  }),
};
