import type { Row } from '../query.js';
import { numberOrNull, textOf } from '../query.js';

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
    label: 'relative L1: share of the output',
    axisTitle: 'relative L1, share of the output, lower is better',
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

/** Ends of the scale that a measure is drawn on, and the places of its labels. */
export interface DrawnRange {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/**
 * Ranges by `mode measure scale`, e.g. `accumulated l1 log`, in drawn units: log10 of the loss, the loss itself (from 0),
 * or minus decibels, which have no other scale.
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
  if (scale === 'linear') return linearRange([0, ...values]);
  const [low, high] = ends(values.filter((value) => value > 0).map(Math.log10));
  return { low, high, ticks: logTicks(low, high) };
}

function linearRange(values: readonly number[]): DrawnRange {
  const [low, high] = ends(values);
  return { low, high, ticks: linearTicks(low, high) };
}

/** Smallest and largest; of equal ones a range around them. */
function ends(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** log10 of 1, 2, 5 times powers of ten between the ends; of more than two decades powers only, every so many of them. */
function logTicks(low: number, high: number): number[] {
  const decades = Array.from({ length: Math.floor(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const within = (tick: number): boolean => tick >= low - 1e-9 && tick <= high + 1e-9;
  if (high - low > 2) {
    const stride = Math.max(1, Math.ceil((high - low) / 5));
    return decades.filter((decade) => within(decade) && decade % stride === 0);
  }
  const factors = high - low > 1 ? [1, 3] : [1, 2, 5];
  return decades.flatMap((decade) => factors.map((factor) => decade + Math.log10(factor))).filter(within);
}

/** About five round steps. */
function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5.5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}
