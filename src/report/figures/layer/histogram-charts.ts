import type { TopLevelSpec } from 'vega-lite';
import { fitWidth } from '../../charts/compile-chart.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf } from '../../query.js';
import { color } from '../../charts/theme.js';
import { linearRange, logRange } from '../../charts/drawn-range.js';
import { chartHeading, fixedRoom } from '../../charts/linked-charts.js';
import type { Grid } from './quantization-grid.js';
import { mostDrawnLevels, quantizationGrid } from './quantization-grid.js';
import { trialParam } from './shown-trials.js';

type ConcatSpec = Extract<TopLevelSpec, { vconcat: unknown }>;
type View = ConcatSpec['vconcat'][number];

/**
 * The histogram before smoothing above the one after it, each over its own units; rows of all shown
 * trials.
 */
export function histogramCharts(rows: readonly Row[], facts: LayerPageFacts, description: string): TopLevelSpec {
  return {
    description,
    data: { name: 'rows' },
    usermeta: fitWidth('axisRoom + 18'),
    autosize: { type: 'pad', contains: 'padding', resize: true },
    spacing: 18,
    params: [
      { name: 'axisRoom', expr: '54' },
      trialParam(facts),
      { name: 'scale', value: 'log' },
      { name: 'ranges', value: shareRanges(rows) },
      { name: 'spans', value: spans(rows, facts) },
      { name: 'observed', value: Object.fromEntries(facts.shown.map(({ trial, observed }) => [trial, observed])) },
      { name: 'grids', value: Object.fromEntries(facts.shown.map((shown) => [shown.trial, quantizationGrid(shown)])) },
    ],
    vconcat: [histogram('before'), histogram('after')],
  };
}

function histogram(quantity: 'before' | 'after'): View {
  const grid = `grids[trial].${quantity}`;
  const words = quantity === 'before' ? 'before smoothing' : 'after smoothing, x / s';
  const x = {
    type: 'quantitative' as const,
    scale: {
      domain: [{ expr: `spans[trial].${quantity}[0]` }, { expr: `spans[trial].${quantity}[1]` }],
      zero: false,
      nice: false,
    },
    axis: { labelOverlap: 'greedy' as const, labelSeparation: 8 },
  };
  const title = quantity === 'before' ? 'x, units of the input' : 'x / s, units of the smoothed input';
  const top = { y: { value: 0 }, y2: { value: 'height' } };
  return {
    width: 400,
    height: 170,
    title: chartHeading({ expr: `'${words}' + (isValid(${grid}) ? ': ' + ${grid}.text : '')` }),
    layer: [
      {
        data: { values: [{}] },
        transform: [
          { filter: `isValid(${grid})` },
          { calculate: `-${grid}.step / 2`, as: 'from' },
          { calculate: `${grid}.step / 2`, as: 'to' },
        ],
        mark: { type: 'rect', color: color('muted'), opacity: 0.35 },
        encoding: { x: { ...x, field: 'from', title }, x2: { field: 'to' }, ...top },
      },
      {
        transform: [
          {
            filter: `datum.quantity == '${quantity}' && datum.trial == ${quantity === 'before' ? 'observed[trial]' : 'trial'}`,
          },
          { joinaggregate: [{ op: 'sum', field: 'count', as: 'total' }] },
          { calculate: 'datum.count / datum.total', as: 'share' },
          { calculate: "scale == 'log' ? log(datum.share) / LN10 : datum.share", as: 'drawn' },
          { calculate: 'ranges[scale].low', as: 'floor' },
        ],
        mark: { type: 'rect', color: color(quantity === 'before' ? 'unsmoothed' : 'smoothed') },
        encoding: {
          x: { ...x, field: 'low', title },
          x2: { field: 'high' },
          y: {
            field: 'drawn',
            type: 'quantitative',
            title: null,
            scale: {
              domain: [{ expr: 'ranges[scale].low' }, { expr: 'ranges[scale].high' }],
              zero: false,
              nice: false,
            },
            axis: {
              ...fixedRoom,
              values: { expr: 'ranges[scale].ticks' },
              labelExpr: "scale == 'log' ? format(pow(10, datum.value + 2), '.1~r') + ' %' : format(datum.value, '~%')",
            },
          },
          y2: { field: 'floor' },
          tooltip: [
            { field: 'low', title: 'from', format: '.4~g' },
            { field: 'high', title: 'to', format: '.4~g' },
            { field: 'share', title: 'share', format: '.3~%' },
            { field: 'count', title: 'numbers', format: ',' },
          ],
        },
      },
      {
        data: { sequence: { start: 0, stop: mostDrawnLevels, as: 'level' } },
        transform: [
          { filter: `isValid(${grid}) && ${grid}.levels <= ${mostDrawnLevels} && datum.level < ${grid}.levels` },
          { calculate: `${grid}.low + datum.level * ${grid}.step`, as: 'at' },
        ],
        mark: { type: 'rule', color: color('text'), opacity: 0.4, strokeWidth: 0.8 },
        encoding: { x: { ...x, field: 'at', title } },
      },
      {
        data: { values: [{ end: 'low' }, { end: 'high' }] },
        transform: [{ filter: `isValid(${grid})` }, { calculate: `${grid}[datum.end]`, as: 'at' }],
        mark: { type: 'rule', color: color('text'), strokeWidth: 1.6 },
        encoding: {
          x: { ...x, field: 'at', title },
          tooltip: [{ field: 'at', title: 'clipped beyond', format: '.4~g' }],
        },
      },
    ],
  } as View;
}

/** What the x axes of each shown trial span: bins and clip range, with a little room. */
function spans(rows: readonly Row[], { shown }: LayerPageFacts) {
  const span = (trial: number, quantity: 'before' | 'after', grid: Grid | null): [number, number] => {
    const own = rows.filter((row) => row['trial'] === trial && row['quantity'] === quantity);
    const ends = [
      ...own.flatMap((row) => [numberOf(row, 'low'), numberOf(row, 'high')]),
      ...(grid === null ? [] : [grid.low, grid.high]),
    ];
    const low = ends.reduce((least, end) => Math.min(least, end), ends[0] ?? 0);
    const high = ends.reduce((most, end) => Math.max(most, end), ends[0] ?? 0);
    const room = high > low ? 0.01 * (high - low) : 1;
    return [low - room, high + room];
  };
  return Object.fromEntries(
    shown.map((one) => {
      const { before, after } = quantizationGrid(one);
      return [one.trial, { before: span(one.observed, 'before', before), after: span(one.trial, 'after', after) }];
    }),
  );
}

/** Ranges of a bin's share over all shown histograms. */
function shareRanges(rows: readonly Row[]) {
  const totals = new Map<string, number>();
  const key = (row: Row): string => `${String(row['trial'])} ${String(row['quantity'])}`;
  for (const row of rows) totals.set(key(row), (totals.get(key(row)) ?? 0) + numberOf(row, 'count'));
  const shares = rows.map((row) => numberOf(row, 'count') / (totals.get(key(row)) ?? 1));
  const log = logRange(shares);
  // Below the smallest share, so that the bin of a single number has a bar.
  return {
    log: { ...log, low: log.low - 0.3, high: Math.min(0, log.high + 0.1) },
    linear: linearRange([0, ...shares]),
  };
}
