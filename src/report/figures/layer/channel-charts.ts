import type { TopLevelSpec } from 'vega-lite';
import { fitWidth } from '../../charts/compile-chart.js';
import type { LayerPageFacts, ShownTrial } from '../../facts/layer-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf } from '../../query.js';
import { color } from '../../charts/theme.js';
import type { DrawnRange } from '../../charts/drawn-range.js';
import { linearRange, logRange } from '../../charts/drawn-range.js';
import { chartHeading, fixedRoom } from '../../charts/linked-charts.js';
import { trialParam } from './shown-trials.js';

type ConcatSpec = Extract<TopLevelSpec, { vconcat: unknown }>;
type View = ConcatSpec['vconcat'][number];

/** The three charts, by what they show. */
type Quantity = 'act' | 'weight' | 's';

const when = {
  field: 'when',
  type: 'nominal' as const,
  title: null,
  scale: { domain: ['before', 'after smoothing'] },
};

const tooltip = [
  { field: 'channel', title: 'channel' },
  { field: 'act_absmax', title: 'activation before', format: '.4~g' },
  { field: 'act_absmax_smoothed', title: 'activation after', format: '.4~g' },
  { field: 'weight_absmax', title: 'weight before', format: '.4~g' },
  { field: 'weight_absmax_smoothed', title: 'weight after', format: '.4~g' },
  { field: 's', title: 's', format: '.4~g' },
];

/**
 * Activation, weight and s by channel, one below the other on the same channels; rows of all shown
 * trials.
 */
export function channelCharts(rows: readonly Row[], facts: LayerPageFacts, description: string): TopLevelSpec {
  const count = new Set(rows.map((row) => row['channel'])).size;
  const x = {
    field: 'place',
    type: 'quantitative' as const,
    scale: { domain: [-0.5, count - 0.5], nice: false, zero: false },
    // Sorted, places are no channels; tooltips name them.
    axis: { tickMinStep: 1, grid: false, format: 'd', labelExpr: "order == 'largest' ? '' : datum.label" },
  };
  const hidden = { ...x, title: null, axis: { ...x.axis, labels: false } };
  const titled = { ...x, title: 'input channel, in the order chosen above' };
  return {
    description,
    data: { name: 'rows' },
    usermeta: fitWidth('axisRoom + 18'),
    autosize: { type: 'pad', contains: 'padding', resize: true },
    spacing: 14,
    params: [
      { name: 'axisRoom', expr: '46' },
      trialParam(facts),
      { name: 'scale', value: 'log' },
      { name: 'order', value: 'channel' },
      { name: 'ranges', value: drawnRangesOf(rows, facts) },
      { name: 'halfSteps', value: Object.fromEntries(facts.shown.map((shown) => [shown.trial, halfStep(shown)])) },
    ],
    transform: [
      { filter: 'datum.trial == trial' },
      {
        window: [{ op: 'row_number', as: 'rank' }],
        sort: [
          { field: 'act_absmax', order: 'descending' },
          { field: 'channel', order: 'ascending' },
        ],
      },
      { calculate: "order == 'largest' ? datum.rank - 1 : datum.channel", as: 'place' },
    ],
    vconcat: [
      pairs('act', 'absmax of the activation, smaller is finer', hidden, count),
      pairs('weight', 'absmax of the weight, smaller is finer', hidden, count),
      factors(titled, count),
    ],
  };
}

/** A quantity before and after, a dot each, joined where it moved. */
function pairs(quantity: 'act' | 'weight', title: string, x: object, count: number): View {
  const [before, after] = [`${quantity}_absmax`, `${quantity}_absmax_smoothed`];
  const y = axis(quantity);
  return {
    width: 400,
    height: 170,
    title: chartHeading(title),
    layer: [
      ...(quantity === 'act' ? [halfStepRules(y)] : []),
      {
        transform: [drawnAs(before, 'drawn', quantity), drawnAs(after, 'other', quantity)],
        mark: { type: 'rule', color: color('muted'), opacity: 0.55, strokeWidth: count > 200 ? 0.6 : 1 },
        encoding: { x, y: { ...y, field: 'drawn' }, y2: { field: 'other' } },
      },
      {
        transform: [
          { fold: [before, after], as: ['which', 'absmax'] },
          { calculate: `datum.which == '${after}' ? 'after smoothing' : 'before'`, as: 'when' },
          drawnAs('absmax', 'drawn', quantity),
        ],
        mark: { type: 'point', filled: true, opacity: 1, size: dotSize(count) },
        encoding: {
          x,
          y: { ...y, field: 'drawn' },
          color: { ...when, scale: { ...when.scale, range: [color('unsmoothed'), color('smoothed')] } },
          shape: { ...when, scale: { ...when.scale, range: ['circle', 'diamond'] } },
          tooltip,
        },
      },
    ],
  } as View;
}

/** Half a quantization step of the input, before and after. */
function halfStepRules(y: object): object {
  return {
    data: { values: [{ which: 'before' }, { which: 'after' }] },
    transform: [
      { calculate: 'halfSteps[trial][datum.which]', as: 'half' },
      { filter: "datum.half > 0 && (scale == 'linear' || log(datum.half) / LN10 > ranges['act log'].low)" },
      drawnAs('half', 'drawn', 'act'),
    ],
    mark: { type: 'rule', clip: true, strokeDash: [5, 4], opacity: 0.9 },
    encoding: {
      y: { ...y, field: 'drawn' },
      color: {
        condition: { test: "datum.which == 'before'", value: color('unsmoothed') },
        value: color('smoothed'),
      },
      tooltip: [{ field: 'half', title: 'half a step', format: '.4~g' }],
    },
  };
}

/** s by channel, as far from 1 as it moves range. */
function factors(x: object, count: number): View {
  const y = axis('s');
  const one = { expr: "scale == 'log' ? 0 : 1" };
  return {
    width: 400,
    height: 100,
    title: chartHeading('smoothing factor s, 1 leaves the channel unchanged'),
    layer: [
      {
        data: { values: [{}] },
        mark: { type: 'rule', color: color('muted'), strokeDash: [2, 2] },
        encoding: { y: { datum: one, type: 'quantitative' } },
      },
      {
        transform: [drawnAs('s', 'drawn', 's'), { calculate: one.expr, as: 'other' }],
        mark: { type: 'rule', color: color('muted'), opacity: 0.55, strokeWidth: count > 200 ? 0.6 : 1 },
        encoding: { x, y: { ...y, field: 'drawn' }, y2: { field: 'other' } },
      },
      {
        transform: [drawnAs('s', 'drawn', 's')],
        mark: { type: 'point', filled: true, opacity: 1, size: dotSize(count), color: color('text') },
        encoding: { x, y: { ...y, field: 'drawn' }, tooltip },
      },
    ],
  };
}

function axis(quantity: Quantity) {
  const range = `ranges[${JSON.stringify(quantity)} + ' ' + scale]`;
  return {
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [{ expr: `${range}.low` }, { expr: `${range}.high` }], zero: false, nice: false },
    axis: {
      ...fixedRoom,
      values: { expr: `${range}.ticks` },
      labelExpr: "scale == 'log' ? format(pow(10, datum.value), '~g') : format(datum.value, '.3~g')",
    },
  };
}

/** On the log scale what has no logarithm stands on the lower edge. */
function drawnAs(field: string, as: string, quantity: Quantity) {
  return {
    calculate: `scale == 'log' ? (datum.${field} > 0 ? max(log(datum.${field}) / LN10, ranges['${quantity} log'].low) : ranges['${quantity} log'].low) : datum.${field}`,
    as,
  };
}

function dotSize(count: number): number {
  return count <= 32 ? 44 : count <= 128 ? 24 : count <= 512 ? 12 : 6;
}

/**
 * Decades below the largest absmax that are drawn at most: dead channels come as close to 0 as
 * float32 does.
 */
const mostDecades = 8;

/** Ranges by `quantity scale`, over all shown trials so that they can be compared by switching. */
function drawnRangesOf(rows: readonly Row[], { shown }: LayerPageFacts): Record<string, DrawnRange> {
  const fields: Readonly<Record<Quantity, readonly string[]>> = {
    act: ['act_absmax', 'act_absmax_smoothed'],
    weight: ['weight_absmax', 'weight_absmax_smoothed'],
    s: ['s'],
  };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([quantity, names]) => {
      const steps = quantity === 'act' ? shown.map((trial) => halfStep(trial).before ?? 0) : [];
      const values = [...steps, ...names.flatMap((name) => rows.map((row) => numberOf(row, name)))];
      const largest = values.reduce((most, value) => Math.max(most, value), 0);
      const seen = quantity === 's' ? [1, ...values] : values.filter((value) => value > largest / 10 ** mostDecades);
      return [
        [`${quantity} log`, padded(logRange(seen))],
        [`${quantity} linear`, linearRange([0, 1.05 * largest])],
      ] as const;
    }),
  );
}

/** Room so that no dot is cut, and that what stands on the lower edge stands apart. */
function padded({ low, high, ticks }: DrawnRange): DrawnRange {
  const room = Math.max(0.05, 0.06 * (high - low));
  return { low: low - room, high: high + room, ticks };
}

/**
 * Half a step of the input's one quantizer in units of the activation; null where there is none, or
 * where it would be another before smoothing.
 */
export function halfStep({ input }: ShownTrial): { readonly before: number | null; readonly after: number | null } {
  if (input === null || input.granularity === 'channel' || !input.symmetric) return { before: null, after: null };
  const after = input.scale / 2;
  return { before: input.amax > 0 ? (after * input.amaxUnsmoothed) / input.amax : null, after };
}
