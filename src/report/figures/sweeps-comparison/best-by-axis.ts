import type { ComparedSweeps } from '../../facts/compared-sweeps.js';
import type { PageFigure } from '../figure.js';
import { differenceUnitNote, signed, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOrNull, sqlText, textOf } from '../../query.js';
import { axisName, axisPath, storedPath } from '../../facts/axes.js';

/**
 * The best of each sweep at each value of each axis that one of them varies; alpha has a chart of
 * its own.
 */
export const bestByAxis: PageFigure<ComparedSweeps> = {
  id: 'best-by-axis',
  section: 'axes',
  title: () => 'The best of each at each value of an axis',
  sql: (facts) => {
    const { a, b } = facts;
    const of = (expression: string, name: string): string => `${expression} FILTER (WHERE sweep = ${sqlText(name)})`;
    const parts = axesOf(facts).map(
      (path) =>
        `SELECT sweep, ${sqlText(path)} AS axis, coalesce(axes ->> ${sqlText(`$."${path}"`)}, settings ->> ${sqlText(settingPath(path))}) AS setting, value FROM done`,
    );
    const rows =
      parts.length === 0
        ? 'SELECT NULL AS sweep, NULL AS axis, NULL AS setting, NULL AS value'
        : parts.join('\n  UNION ALL ');
    return `WITH done AS MATERIALIZED (
  SELECT sweep, axes, settings, value FROM v_trial
  WHERE sweep IN (${sqlText(a.sweep.name)}, ${sqlText(b.sweep.name)}) AND metric = ${sqlText(a.metric.metric)} AND status = 'done' AND role = 'candidate')
SELECT axis, setting, ${of('max(value)', a.sweep.name)} AS value, ${of('max(value)', b.sweep.name)} AS other_value,
       ${of('max(value)', a.sweep.name)} - ${of('max(value)', b.sweep.name)} AS difference,
       ${of('count(*)', a.sweep.name)} AS trials, ${of('count(*)', b.sweep.name)} AS other_trials
FROM (
  ${rows})
WHERE setting IS NOT NULL GROUP BY axis, setting ORDER BY axis, setting`;
  },
  build: (rows, facts) => {
    const { metric } = facts.a;
    if (metric.metric !== facts.b.metric.metric)
      return { kind: 'absent', note: 'The sweeps are judged by different metrics.', brief: 'different metrics' };
    if (rows.length === 0)
      return {
        kind: 'absent',
        note: 'Neither sweep varies anything but alpha: this needs further axes in the grid.',
        brief: 'further axes in the grid',
      };
    return {
      kind: 'table',
      sortable: true,
      caption: `The highest ${metric.name} among the finished settings at that value, whatever the other settings; – if a sweep has none there.`,
      columns: [
        { title: 'axis', field: 'axis', align: 'left', text: (row) => axisName(textOf(row, 'axis')) },
        { title: 'value', field: 'setting', align: 'left', text: (row) => settingText(row) },
        {
          title: 'best of A',
          field: 'value',
          align: 'right',
          text: (row) => valueText(numberOrNull(row, 'value'), metric),
        },
        {
          title: 'best of B',
          field: 'other_value',
          align: 'right',
          text: (row) => valueText(numberOrNull(row, 'other_value'), metric),
        },
        {
          title: `A less B${differenceUnitNote(metric)}`,
          field: 'difference',
          align: 'right',
          text: (row) => (row['difference'] === null ? '–' : signed(numberOrNull(row, 'difference') ?? 0, metric)),
        },
        {
          title: 'trials of A',
          field: 'trials',
          align: 'right',
          text: (row) => String(numberOrNull(row, 'trials') ?? 0),
        },
        {
          title: 'trials of B',
          field: 'other_trials',
          align: 'right',
          text: (row) => String(numberOrNull(row, 'other_trials') ?? 0),
        },
      ],
    };
  },
};

function axesOf({ a, b }: ComparedSweeps): string[] {
  const paths = [...a.trials, ...b.trials].flatMap(({ axes }) => Object.keys(axes));
  return [...new Set(paths)].filter((path) => path !== axisPath.alpha && !path.includes('"')).sort();
}

/**
 * `data.calibration.batches` -> `$."calibration"."batches"`: where canonical settings have an axis.
 */
function settingPath(path: string): string {
  return `$${storedPath(path)
    .map((part) => `."${part}"`)
    .join('')}`;
}

function settingText(row: Row): string {
  const text = String(row['setting']);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
