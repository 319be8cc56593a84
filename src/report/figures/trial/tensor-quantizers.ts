import { drawnLimits } from '../../charts/drawn-limits.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { placesQuantizers, trialTarget } from '../../facts/trial-target.js';
import { countText, significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf, textOrNull } from '../../query.js';
import type { PageFigure, TableColumn } from '../figure.js';

/** The quantizers that the target placed on tensors. */
export const tensorQuantizers: PageFigure<TrialPageFacts> = {
  id: 'tensor-quantizers',
  section: 'deployment',
  name: 'quantizers of tensors',
  appliesTo: ({ trial }) => placesQuantizers(trialTarget(trial)),
  title: () => 'Quantizers of tensors',
  sql: ({ sweep, trial }) => `SELECT ${tensorColumns}
FROM v_tensor_quantizer q WHERE q.sweep = ${sqlText(sweep.sweep.name)} AND q.trial = ${trial.trial} ORDER BY q.position`,
  build: (rows) => {
    if (rows.length === 0)
      return { kind: 'absent', note: 'Quantizers are known when the trial has finished.', brief: 'not finished' };
    const groups = new Set(rows.map((row) => row['scale_group'])).size;
    const fixed = rows.filter((row) => row['is_fixed'] === 1).length;
    return {
      kind: 'table',
      sortable: true,
      caption: `${countText(rows.length, 'tensor')} ${rows.length === 1 ? 'is' : 'are'} quantized, in ${countText(groups, 'group')} of one scale and zero point each.${fixed === 0 ? '' : ` The target fixes ${fixed === 1 ? 'one range' : `${fixed} ranges`}.`}`,
      details:
        'In graph order. Levels are the quantizer’s own: with a zero point they count from 0. Per channel: smoothing is inside the quantizer, and each channel is divided by its own s.',
      ...(rows.length > drawnLimits.tableRows ? { disclosure: `All ${rows.length} quantizers` } : {}),
      columns: tensorTable,
    };
  },
};

/** Columns of v_tensor_quantizer, as `q`, that {@link tensorTable} shows. */
export const tensorColumns = `q.tensor, q.op, q.role, q.scale_group, q.bits, q.signed, q.low, q.amax, q.scale, q.zero_point, q.is_fixed, q.divisor IS NOT NULL AS per_channel`;

const number = (title: string, field: string, text: (value: number) => string): TableColumn => ({
  title,
  field,
  align: 'right',
  text: (row: Row) => text(numberOf(row, field)),
});

/** A tensor's quantizer in a table. */
export const tensorTable: readonly TableColumn[] = [
  { title: 'tensor', field: 'tensor', align: 'left', text: (row) => textOf(row, 'tensor') },
  { title: 'made by', field: 'op', align: 'left', text: (row) => textOrNull(row, 'op') ?? 'input of the model' },
  number('group', 'scale_group', String),
  {
    title: 'type',
    field: 'bits',
    align: 'left',
    text: (row) => `${row['signed'] === 1 ? 'int' : 'uint'}${numberOf(row, 'bits')}`,
  },
  number('low', 'low', (value) => significantText(value)),
  number('amax', 'amax', (value) => significantText(value)),
  number('scale', 'scale', (value) => significantText(value)),
  number('zero point', 'zero_point', String),
  {
    title: 'range',
    field: 'is_fixed',
    align: 'left',
    text: (row) =>
      `${row['is_fixed'] === 1 ? 'fixed by the target' : 'observed'}${row['per_channel'] === 1 ? ', per channel' : ''}`,
  },
];
