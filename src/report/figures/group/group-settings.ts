import type { ComparedGroup, GroupMember } from '../../facts/compared-group.js';
import type { PageFigure } from '../figure.js';
import { sqlText, textOrNull } from '../../query.js';

/** Letters of a value that a cell shows at most. */
const longest = 200;

/** The settings that the trials do not share, a column for each trial. */
export const groupSettings: PageFigure<ComparedGroup> = {
  id: 'settings',
  section: 'settings',
  title: () => 'Settings that differ',
  sql: ({ members }) =>
    `WITH s AS (
${members.map(({ side, sweep, trial: { trial } }) => settingsOf(side, sweep, trial)).join('\n  UNION ALL\n')})
SELECT setting, ${members.map(({ side }) => `max(value) FILTER (WHERE side = '${side}') AS ${side}`).join(', ')}
FROM s GROUP BY setting HAVING count(DISTINCT value) > 1 OR ${lackingSql(members)}
ORDER BY setting`,
  build: (rows, { members }) =>
    rows.length === 0
      ? { kind: 'absent', note: 'None: all trials have the same settings.' }
      : {
          kind: 'table',
          sortable: false,
          caption: 'As in the experiment file; – if a setting does not matter to the trial.',
          columns: [
            { title: 'setting', field: 'setting', align: 'left', text: (row) => shown(textOrNull(row, 'setting')) },
            ...members.map(({ side }) => ({
              title: side,
              field: side,
              align: 'left' as const,
              text: (row: Parameters<typeof textOrNull>[0]) => shown(textOrNull(row, side)),
            })),
          ],
        },
};

/**
 * SQL: a setting that matters to some of the quantized trials only. FP32 has none of quantization:
 * that it lacks them says nothing.
 */
function lackingSql(members: readonly GroupMember[]): string {
  const quantized = members.filter(({ trial }) => trial.role !== 'fp32').map(({ side }) => `'${side}'`);
  return `count(value) FILTER (WHERE side IN (${quantized.join(', ')})) BETWEEN 1 AND ${quantized.length - 1}`;
}

/** Every setting of a trial by its path, and what ran it. Null is left out: it cannot matter. */
function settingsOf(side: string, sweep: string, trial: number): string {
  const of = `WHERE sweep = ${sqlText(sweep)} AND trial = ${trial}`;
  return `  SELECT '${side}' AS side, setting, value FROM v_setting ${of} AND value IS NOT NULL
  UNION ALL SELECT '${side}', 'execution provider', provider FROM v_trial ${of}
  UNION ALL SELECT '${side}', 'graph optimization level', optimization_level FROM v_trial ${of}`;
}

function shown(text: string | null): string {
  return text === null ? '–' : text.length > longest ? `${text.slice(0, longest)}…` : text;
}
