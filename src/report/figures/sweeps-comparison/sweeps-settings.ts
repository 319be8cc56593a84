import type { ComparedSweeps } from '../../facts/compared-sweeps.js';
import type { PageFigure, TableColumn } from '../figure.js';
import type { Row } from '../../query.js';
import { numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import { settingPath } from '../../facts/setting-path.js';

/**
 * Settings and axes that are not the same in both sweeps, with the values that each goes through.
 */
export const sweepsSettings: PageFigure<ComparedSweeps> = {
  id: 'settings',
  section: 'settings',
  title: () => 'Settings and axes that differ',
  sql: ({ a, b }) => {
    const side = (name: string): string => `sweep = ${sqlText(name)}`;
    const of = (column: string, name: string): string => `max(${column}) FILTER (WHERE ${side(name)})`;
    return `SELECT setting, ${of('texts', a.sweep.name)} AS in_a, ${of('texts', b.sweep.name)} AS in_b,
       ${of('count', a.sweep.name)} AS count_a, ${of('count', b.sweep.name)} AS count_b
FROM (SELECT sweep, setting, count(*) AS count, group_concat(value, ', ') AS texts
      FROM (SELECT DISTINCT s.sweep, s.setting, s.value
            FROM v_setting s JOIN trial t ON t.id = s.trial
            WHERE s.sweep IN (${sqlText(a.sweep.name)}, ${sqlText(b.sweep.name)}) AND t.role = 'candidate' AND s.value IS NOT NULL
            ORDER BY s.sweep, s.setting, CASE WHEN s.value GLOB '[0-9]*' THEN s.value + 0 END, s.value)
      GROUP BY sweep, setting)
GROUP BY setting HAVING in_a IS NOT in_b ORDER BY setting`;
  },
  build: (rows, { apart }) =>
    rows.length === 0
      ? { kind: 'absent', note: 'None: both sweeps cover the same values of every setting.', brief: 'none' }
      : {
          kind: 'table',
          sortable: false,
          caption:
            'Every value that each sweep covers; – if it has none. Marked: settings in which they have no value in common.',
          details: 'Every pair of matched settings differs in what is marked. The rest differ only in range.',
          columns,
          emphasis: (row) => (apart.map(settingPath).includes(textOf(row, 'setting')) ? 'best' : null),
        },
};

const columns: readonly TableColumn[] = [
  { title: 'setting', field: 'setting', align: 'left', text: (row) => textOf(row, 'setting') },
  { title: 'A', field: 'in_a', align: 'left', text: (row) => valuesText(row, 'a') },
  { title: 'B', field: 'in_b', align: 'left', text: (row) => valuesText(row, 'b') },
];

function valuesText(row: Row, side: 'a' | 'b'): string {
  const texts = textOrNull(row, `in_${side}`);
  if (texts === null) return '–';
  const count = numberOrNull(row, `count_${side}`) ?? 1;
  const shown = texts.length > 160 ? `${texts.slice(0, 160)}…` : texts;
  return count > 3 ? `${count} values: ${shown}` : shown;
}
