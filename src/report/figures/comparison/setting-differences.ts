import type { ComparedTrials } from '../../facts/compared-trials.js';
import type { PageFigure, TableColumn } from '../figure.js';
import { sqlText, textOrNull } from '../../query.js';

/** The settings that the two trials do not share. */
export const settingDifferences: PageFigure<ComparedTrials> = {
  id: 'settings',
  section: 'first',
  title: () => 'Settings that differ',
  sql: (facts) => settingsSql(facts, 'IS NOT'),
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'None: both trials have the same settings.', brief: 'none' }
      : {
          kind: 'table',
          sortable: false,
          caption:
            'As in the experiment file; – if a setting does not matter to the trial. Paths and the evaluation batch size as first seen.',
          columns,
        },
};

/** The settings that the two trials share, behind a disclosure. */
export const sharedSettings: PageFigure<ComparedTrials> = {
  id: 'shared-settings',
  section: 'first',
  title: () => 'Settings that are the same',
  sql: (facts) => settingsSql(facts, 'IS'),
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'None.', brief: 'none' }
      : {
          kind: 'table',
          sortable: false,
          disclosure: `${rows.length} settings are the same in both`,
          caption: '',
          columns: [columns[0]!, { ...columns[1]!, title: 'in both' }],
        },
};

const columns: readonly TableColumn[] = [
  { title: 'setting', field: 'setting', align: 'left', text: (row) => shown(textOrNull(row, 'setting')) },
  { title: 'A', field: 'value', align: 'left', text: (row) => shown(textOrNull(row, 'value')) },
  { title: 'B', field: 'other_value', align: 'left', text: (row) => shown(textOrNull(row, 'other_value')) },
];

function shown(text: string | null): string {
  return text === null ? '–' : text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/**
 * Every setting by its path, and what ran it. Lists are one setting each; null is left out: it
 * cannot matter.
 */
function settingsSql({ sweep, trial, other, otherSweep }: ComparedTrials, operator: 'IS' | 'IS NOT'): string {
  const side = (name: string, sweepName: string, number: number): string =>
    `SELECT '${name}' AS side, setting, value FROM v_setting
  WHERE sweep = ${sqlText(sweepName)} AND trial = ${number} AND value IS NOT NULL
  UNION ALL
  SELECT '${name}', 'execution provider', provider FROM v_trial WHERE sweep = ${sqlText(sweepName)} AND trial = ${number}
  UNION ALL
  SELECT '${name}', 'graph optimization level', optimization_level FROM v_trial WHERE sweep = ${sqlText(sweepName)} AND trial = ${number}`;
  return `SELECT setting, max(value) FILTER (WHERE side = 'A') AS value, max(value) FILTER (WHERE side = 'B') AS other_value
FROM (
  ${side('A', sweep.sweep.name, trial.trial)}
  UNION ALL
  ${side('B', otherSweep, other.trial)})
GROUP BY setting
HAVING max(value) FILTER (WHERE side = 'A') ${operator} max(value) FILTER (WHERE side = 'B') AND count(value) > 0
ORDER BY setting`;
}
