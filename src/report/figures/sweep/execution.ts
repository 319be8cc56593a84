import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Figure, TableColumn } from '../figure.js';
import type { MetricText } from '../../number-text.js';
import { differenceText, pValueOf, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOrNull, sqlText, textOrNull } from '../../query.js';
import type { TrialFacts } from '../../facts/sweep-facts.js';

/** Each trial of integer execution beside the simulated one that differs in nothing else. */
export const integerAgainstSimulated: Figure = {
  id: 'execution',
  section: 'trials',
  name: 'integer execution',
  title: () => 'Integer against simulated execution',
  sql: ({ sweep, trials }) =>
    `SELECT trial, label, simulated, integer, difference, p_value, p_relation, significant, only_simulated, only_integer, integer_nodes, integer_kernels,
       cpu_flags LIKE '%vnni%' AS vnni
FROM v_execution WHERE sweep = ${sqlText(sweep.name)} ORDER BY ${integerTrials(trials) > drawnLimits.tableRows ? `abs(difference) DESC, trial LIMIT ${drawnLimits.tableRows}` : 'difference, trial'}`,
  build: (rows, { metric, trials }) =>
    rows.length === 0
      ? {
          kind: 'absent',
          note: 'Everything was simulated: quantization.execution: [simulated, integer] in the grid shows the effect of the runtime’s integer kernels.',
          brief: 'quantization.execution',
        }
      : {
          kind: 'table',
          sortable: true,
          caption: captionText(rows, integerTrials(trials)),
          details: detailsText(rows, integerTrials(trials)),
          columns: columns(metric),
        },
};

/** Finished trials of integer execution. */
function integerTrials(trials: readonly TrialFacts[]): number {
  return trials.filter(({ status, settings }) => {
    const { quantization } = settings as { readonly quantization?: { readonly execution?: unknown } | null };
    return status === 'done' && quantization?.execution === 'integer';
  }).length;
}

function captionText(rows: readonly Row[], all: number): string {
  const differ = rows.filter((row) => row['significant'] === 1).length;
  const listed = all > rows.length ? ' listed here' : '';
  return `The exported QDQ model as the runtime fuses it, against the simulated model. ${differ} of ${rows.length}${listed} differ significantly.`;
}

function detailsText(rows: readonly Row[], all: number): string {
  const float = rows.filter((row) => (numberOrNull(row, 'integer_nodes') ?? 0) === 0).length;
  const parts = [
    'Integer execution fuses by the runtime’s defaults.',
    ...(float === 0 ? [] : [`In ${float} no operator became an integer kernel: only biases were rounded.`]),
    ...(rows.some((row) => row['vnni'] === 0)
      ? ['The CPU has no VNNI: kernels with signed 8-bit weights may have saturated.']
      : []),
    'Layer losses of both are simulated.',
    ...(all > rows.length
      ? [`Listed: ${rows.length} of ${all}, those that differ most; the SQL without its LIMIT returns all.`]
      : []),
  ];
  return parts.join(' ');
}

function columns(metric: MetricText): readonly TableColumn[] {
  const value = (title: string, field: string): TableColumn => ({
    title,
    field,
    align: 'right',
    text: (row) => valueText(numberOrNull(row, field), metric),
  });
  return [
    { title: 'setting', field: 'label', align: 'left', text: (row) => textOrNull(row, 'label') ?? '–' },
    value('simulated', 'simulated'),
    value('integer', 'integer'),
    {
      title: 'difference',
      field: 'difference',
      align: 'right',
      text: (row) => differenceText(numberOrNull(row, 'difference'), metric),
    },
    { title: 'paired test', field: 'p_value', align: 'right', text: pValueOf },
    { title: 'integer kernels', field: 'integer_nodes', align: 'left', text: kernelsText },
  ];
}

/** `3 QLinearConv, 1 QGemm`. */
function kernelsText(row: Row): string {
  const text = textOrNull(row, 'integer_kernels');
  const counts = Object.entries(JSON.parse(text ?? '{}') as Readonly<Record<string, number>>);
  return counts.length === 0 ? 'none' : counts.map(([op, count]) => `${count} ${op}`).join(', ');
}
