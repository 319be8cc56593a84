import type { ComparedGroup } from '../../facts/compared-group.js';
import { inDifferenceUnit, pValueOf, signed, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOrNull } from '../../query.js';
import type { PageFigure } from '../figure.js';
import { memberColumn } from './group-numbers.js';

/** Each trial against the first, paired by sample. */
export const groupTests: PageFigure<ComparedGroup> = {
  id: 'tests',
  section: 'numbers',
  title: () => 'Each against A, paired by sample',
  sql: ({ members: [first, ...others] }) =>
    others
      .map(
        ({ trial: { trial, label } }) =>
          `SELECT ${trial} AS trial, '${label.replaceAll("'", "''")}' AS label, metric, value, other_value, difference, method, p_value, p_relation, ci_low, ci_high, only_trial, only_other
FROM compare_trials(${trial}, ${first!.trial.trial})`,
      )
      .join('\nUNION ALL\n'),
  build: (rows, { members, sweep: { metric } }) => {
    if (rows.length === 0) {
      return { kind: 'absent', note: 'None can be paired with A: another evaluation, or not finished.' };
    }
    const apart = members.slice(1).filter(({ trial }) => !rows.some((row) => row['trial'] === trial.trial));
    const counted = rows.some((row) => row['only_trial'] !== null);
    const apartText = apart.length === 0 ? '' : ` Not paired with A: ${apart.map(({ side }) => side).join(', ')}.`;
    const number = (row: Row, field: string): string => numberOrNull(row, field)?.toString() ?? '–';
    return {
      kind: 'table',
      sortable: false,
      caption: `The difference${inDifferenceUnit(metric)} is the trial less A. Each p is of its pair alone: among many tests, some are below 0.05 by chance.${apartText}`,
      columns: [
        memberColumn(members),
        {
          title: metric.shortName,
          field: 'value',
          align: 'right',
          text: (row) => valueText(numberOrNull(row, 'value'), metric),
        },
        {
          title: 'less A',
          field: 'difference',
          align: 'right',
          text: (row) => signed(numberOrNull(row, 'difference') ?? 0, metric),
        },
        {
          title: '95 % interval',
          field: 'ci_low',
          align: 'right',
          text: (row) => {
            const [low, high] = [numberOrNull(row, 'ci_low'), numberOrNull(row, 'ci_high')];
            return low === null || high === null ? '–' : `${signed(low, metric)} to ${signed(high, metric)}`;
          },
        },
        { title: 'p', field: 'p_value', align: 'right', text: (row) => pValueOf(row).replace(/^p (?:= )?/, '') },
        ...(counted
          ? [
              {
                title: 'right alone',
                field: 'only_trial',
                align: 'right' as const,
                text: (row: Row) => number(row, 'only_trial'),
              },
              {
                title: 'A alone',
                field: 'only_other',
                align: 'right' as const,
                text: (row: Row) => number(row, 'only_other'),
              },
            ]
          : []),
        {
          title: 'test',
          field: 'method',
          align: 'left',
          text: (row) => String(row['method']).replace('mcnemar', 'exact McNemar'),
        },
      ],
    };
  },
};
