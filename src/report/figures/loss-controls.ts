import type { Control } from '../figure.js';
import type { Row } from '../query.js';
import { lossMeasures } from './loss-measures.js';

/** Columns of v_layer_loss for {@link lossMeasures}, six digits each: more would fill the page with noise. */
export const lossColumns: readonly string[] = [
  ...['l1', 'rel_l1', 'mse', 'sqnr_db'].map((column) => sixDigits(column, column)),
  sixDigits('1 - cosine', 'cosine_distance'),
  sixDigits('max_abs', 'max_abs'),
];

function sixDigits(expression: string, name: string): string {
  return `iif(${name === 'cosine_distance' ? 'cosine' : name} IS NULL, NULL, CAST(printf('%.6g', ${expression}) AS REAL)) AS ${name}`;
}

/** How much of the network was quantized; the first that is stored is shown at first. */
const lossModes = [
  { value: 'accumulated', label: 'the whole network (accumulated)' },
  { value: 'isolated', label: 'the layer alone (isolated)' },
  { value: 'weight', label: 'the layer’s weight alone' },
  { value: 'activation', label: 'the layer’s input alone' },
];

/** The modes that rows of v_layer_loss have. */
export function storedModes(rows: readonly Row[]): typeof lossModes {
  return lossModes.filter(({ value }) => rows.some((row) => row['mode'] === value));
}

/** Choices of a chart of losses: `measure`, `mode` where there are several, and `lossScale`. */
export function lossControls(rows: readonly Row[]): Control[] {
  const modes = storedModes(rows);
  return [
    {
      param: 'measure',
      label: 'loss',
      options: lossMeasures
        .filter(({ field }) => rows.some((row) => row[field] !== null))
        .map(({ field, label }) => ({ value: field, label })),
    },
    ...(modes.length > 1 ? [{ param: 'mode', label: 'quantized', options: modes }] : []),
    {
      param: 'lossScale',
      label: 'scale',
      options: [
        { value: 'log', label: 'logarithmic' },
        { value: 'linear', label: 'linear' },
      ],
    },
  ];
}
