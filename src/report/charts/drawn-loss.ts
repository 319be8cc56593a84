import type { DrawnRange } from './drawn-range.js';
import { lossMeasures } from './loss-measures.js';

/*
 * A chart whose measure of loss and scale can be chosen: Vega-Lite can't change an axis's type, so
 * the drawn number is the loss's logarithm, the loss, or minus decibels, and labels say what it
 * stands for.
 */

const key = "mode + ' ' + measure + ' ' + lossScale";
const onLog = "(lossScale == 'log' && measure != 'sqnr_db')";

/** The parameters behind {@link drawnLoss}, of which the page's controls set the first three. */
export function drawnLossParams(
  mode: string,
  ranges: Readonly<Record<string, DrawnRange>>,
): { name: string; value: string | Record<string, DrawnRange> }[] {
  return [
    { name: 'measure', value: lossMeasures[0]!.field },
    { name: 'mode', value: mode },
    { name: 'lossScale', value: 'log' },
    { name: 'ranges', value: { ...ranges } },
  ];
}

/** What charts of the chosen loss share. */
export const drawnLoss = {
  /** Adds `loss`, as chosen, and `drawn`, its place; keeps the rows of the chosen mode. */
  transform: [
    { filter: 'datum.mode == mode' },
    { calculate: 'datum[measure]', as: 'loss' },
    {
      calculate: `!isValid(datum.loss) ? null : measure == 'sqnr_db' ? -datum.loss : ${onLog} ? (datum.loss > 0 ? log(datum.loss) / LN10 : null) : datum.loss`,
      as: 'drawn',
    },
  ],
  scale: {
    domain: [{ expr: `ranges[${key}].low` }, { expr: `ranges[${key}].high` }],
    zero: false as const,
    nice: false as const,
  },
  ticks: { expr: `ranges[${key}].ticks` },
  /** Text of a drawn value: the loss that it stands for. */
  labelExpr: `${onLog} ? format(pow(10, datum.value), '.3~g') : measure == 'sqnr_db' ? format(-datum.value, '.3~g') + ' dB' : format(datum.value, '.3~g')`,
  /** Name, unit and direction of the chosen measure, an expression. */
  axisTitle: lossMeasures.reduceRight(
    (rest, { field, axisTitle }) => `measure == '${field}' ? ${JSON.stringify(axisTitle)} : ${rest}`,
    "''",
  ),
};
