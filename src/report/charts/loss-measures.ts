import type { Row } from '../query.js';
import { numberOrNull, textOf } from '../query.js';
import type { DrawnRange } from './drawn-range.js';
import { linearRange, logRange } from './drawn-range.js';

/** A measure of layer loss: column of v_layer_loss, or `cosine_distance`, 1 - cosine. */
export interface LossMeasure {
  readonly field: 'l1' | 'rel_l1' | 'mse' | 'sqnr_db' | 'cosine_distance' | 'max_abs';
  /** In the control. */
  readonly label: string;
  /** With unit and direction, over the colour legend and the axis. */
  readonly axisTitle: string;
  /** In tooltips. */
  readonly name: string;
  readonly format: string;
}

/** Every stored measure; the first is shown at first. */
export const lossMeasures: readonly LossMeasure[] = [
  {
    field: 'l1',
    label: 'L1: mean |y − y_fp32|',
    axisTitle: 'L1, mean |y − y_fp32| in units of the output, lower is better',
    name: 'L1',
    format: '.4~g',
  },
  {
    field: 'rel_l1',
    label: 'relative L1: fraction of the output',
    axisTitle: 'relative L1, fraction of the output, lower is better',
    name: 'relative L1',
    format: '.4~g',
  },
  {
    field: 'mse',
    label: 'MSE: mean squared error',
    axisTitle: 'MSE in squared units of the output, lower is better',
    name: 'MSE',
    format: '.4~g',
  },
  {
    field: 'sqnr_db',
    label: 'SQNR in decibels',
    axisTitle: 'SQNR (dB), higher is better',
    name: 'SQNR (dB)',
    format: '.1f',
  },
  {
    field: 'cosine_distance',
    label: '1 − cosine similarity',
    axisTitle: '1 − cosine similarity, lower is better',
    name: '1 − cosine',
    format: '.4~g',
  },
  {
    field: 'max_abs',
    label: 'largest |y − y_fp32|',
    axisTitle: 'largest |y − y_fp32| in units of the output, lower is better',
    name: 'largest error',
    format: '.4~g',
  },
];

/**
 * Ranges by `mode measure scale`, e.g. `accumulated l1 log`, in drawn units: log10 of the loss, the
 * loss itself (from 0), or minus decibels, which have no other scale.
 */
export function drawnRanges(rows: readonly Row[]): Readonly<Record<string, DrawnRange>> {
  const modes = [...new Set(rows.map((row) => textOf(row, 'mode')))];
  return Object.fromEntries(
    modes.flatMap((mode) => {
      const own = rows.filter((row) => row['mode'] === mode);
      return lossMeasures.flatMap(({ field }) => {
        const values = own.map((row) => numberOrNull(row, field)).filter((value) => value !== null);
        return (['log', 'linear'] as const).map((scale) => [
          `${mode} ${field} ${scale}`,
          rangeOf(values, field, scale),
        ]);
      });
    }),
  );
}

function rangeOf(values: readonly number[], field: LossMeasure['field'], scale: 'log' | 'linear'): DrawnRange {
  if (field === 'sqnr_db') return linearRange(values.map((value) => -value));
  return scale === 'linear' ? linearRange([0, ...values]) : logRange(values);
}
