import type { Control } from './figure.js';
import type { Row } from '../query.js';
import { lossMeasures } from '../charts/loss-measures.js';
import { rounded } from '../charts/rounded.js';

/**
 * Columns of v_layer_loss for {@link lossMeasures}, rounded: more digits would fill the page with
 * noise.
 */
export function lossColumnsOf(digits: 4 | 6): readonly string[] {
  return [
    ...['l1', 'rel_l1', 'mse', 'sqnr_db'].map((column) => rounded(column, column, digits)),
    rounded('1 - cosine', 'cosine_distance', digits),
    rounded('max_abs', 'max_abs', digits),
  ];
}

/** {@link lossColumnsOf} six digits, as data tables show them. */
export const lossColumns = lossColumnsOf(6);

/** How much of the network was quantized; the first that is stored is shown at first. */
const lossModes = [
  { value: 'accumulated', label: 'the whole network (accumulated)' },
  { value: 'isolated', label: 'the layer alone (isolated)' },
  { value: 'weight', label: 'the layer’s weight alone' },
  { value: 'activation', label: 'the layer’s input alone' },
];

/** What the choices of `quantized` mean, for details. */
export const quantizedText =
  '“quantized” chooses what was: the whole network (accumulated), the layer alone (isolated), or only its weight or its input.';

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
    scaleControl('lossScale'),
  ];
}

/** The choice between a logarithmic and a linear scale, as the parameter `param`. */
export function scaleControl(param: string): Control {
  return {
    param,
    label: 'scale',
    options: [
      { value: 'log', label: 'logarithmic' },
      { value: 'linear', label: 'linear' },
    ],
  };
}
