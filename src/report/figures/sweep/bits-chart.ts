import type { TopLevelSpec } from 'vega-lite';
import { legendFilter, linkCursor, shownOpacity, trialLink } from '../../charts/interaction.js';
import { bitsColors, color } from '../../charts/theme.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import type { Row } from '../../query.js';
import { numberOf } from '../../query.js';

/** What a chart over bits knows beside its rows. */
export interface BitsChart {
  /** Column of the horizontal axis, and of the lines. */
  readonly along: 'weight_bits' | 'activation_bits';
  readonly by: 'weight_bits' | 'activation_bits';
  /** Trials that cannot be told from the best, itself among them. */
  readonly tied: readonly number[];
  readonly recommended: number | null;
}

const names = { weight_bits: 'weight bits', activation_bits: 'activation bits' } as const;

/**
 * Accuracy over bits: the best setting of each pair of bits, a line for each number of the other.
 */
export function bitsChart(
  rows: readonly Row[],
  { metric, best }: SweepFacts,
  { along, by, tied, recommended }: BitsChart,
): TopLevelSpec {
  const groups = [...new Set(rows.map((row) => numberOf(row, by)))].sort((a, b) => a - b);
  const x = {
    field: along,
    type: 'quantitative' as const,
    title: `${names[along]}, fewer is smaller`,
    scale: { zero: false, nice: false, padding: 16 },
    axis: { values: [...new Set(rows.map((row) => numberOf(row, along)))], format: 'd', grid: false },
  };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: metric.axisTitle,
    scale: { zero: false, padding: 8 },
    axis: { format: metric.axisFormat, tickCount: 6 },
  };
  const group = {
    field: by,
    type: 'ordinal' as const,
    title: names[by],
    scale: { domain: groups, range: bitsColors(groups.length) },
  };
  const isTied = `indexof(${JSON.stringify(tied)}, datum.trial) >= 0`;
  return {
    description: `Accuracy over ${names[along]}`,
    data: { name: 'rows' },
    width: 'container',
    height: 340,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    transform: [
      { filter: "datum.role == 'candidate'" },
      { joinaggregate: [{ op: 'max', field: 'value', as: 'top' }], groupby: ['weight_bits', 'activation_bits'] },
      { filter: 'datum.value == datum.top' },
    ],
    layer: [
      ...(best?.fp32Value === null || best?.fp32Value === undefined
        ? []
        : [
            {
              data: { values: [{ fp32: best.fp32Value }] },
              mark: { type: 'rule' as const, color: color('fp32'), strokeWidth: 1.5 },
              encoding: { y: { ...y, field: 'fp32' } },
            },
          ]),
      {
        params: [legendFilter(by)],
        mark: { type: 'line', strokeWidth: 2 },
        encoding: { x, y, color: group, opacity: shownOpacity(1) },
      },
      {
        mark: { type: 'rule', strokeWidth: 1.5, tooltip: null },
        encoding: {
          x,
          y: { ...y, field: 'ci_low' },
          y2: { field: 'ci_high' },
          color: group,
          opacity: shownOpacity(0.55),
        },
      },
      {
        mark: { type: 'point', filled: true, size: 95, stroke: color('ground'), strokeWidth: 1, ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          y,
          color: group,
          opacity: shownOpacity(1),
          shape: { condition: { test: isTied, value: 'circle' }, value: 'cross' },
          tooltip: [
            { field: 'label', title: 'setting' },
            { field: 'value', title: metric.shortName, format: metric.tooltipFormat },
            { field: 'ci_low', title: '95 % from', format: metric.tooltipFormat },
            { field: 'ci_high', title: '95 % to', format: metric.tooltipFormat },
          ],
        },
      },
      // Without a row a scale would have no extent.
      ...(recommended === null
        ? []
        : [
            {
              transform: [{ filter: `datum.trial == ${recommended}` }],
              mark: {
                type: 'point' as const,
                filled: false,
                size: 260,
                strokeWidth: 2,
                color: color('text'),
                opacity: 1,
                ...linkCursor,
              },
              encoding: { ...trialLink, x, y },
            },
          ]),
    ],
  };
}
