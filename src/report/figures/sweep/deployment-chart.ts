import type { TopLevelSpec } from 'vega-lite';
import { legendFilter, linkCursor, shownOpacity, trialLink, zoom } from '../../charts/interaction.js';
import { metricAxis, valueTooltip } from '../../charts/dot-layers.js';
import { color, sizeColors } from '../../charts/theme.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import type { Row } from '../../query.js';

const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down', 'triangle-right'];

const axes = {
  ratio: {
    title: 'latency / FP32’s, less is faster',
    axis: { format: '.2f', tickCount: 5, grid: false },
    front: 'on_latency_front',
    low: 'ratio_low',
    high: 'ratio_high',
  },
  megabytes: {
    title: 'size of the file (MB), less is smaller',
    axis: { format: '~s', tickCount: 5, grid: false },
    front: 'on_size_front',
    low: null,
    high: null,
  },
} as const;

/** Colours and shapes of targets, in the order of the rows. */
function targetScales(rows: readonly Row[]) {
  const targets = [...new Set(rows.map((row) => row['target']).filter((target) => typeof target === 'string'))];
  // A row of more would leave the chart: names say what was not run, too.
  const legend = targets.length > 3 ? { legend: { columns: 3 } } : {};
  const scaled = { field: 'target', type: 'nominal' as const, title: 'target', ...legend };
  return {
    targets,
    byColor: { ...scaled, scale: { domain: targets, range: sizeColors(targets.length) } },
    byShape: {
      ...scaled,
      scale: { domain: targets, range: targets.map((_, at) => shapes[at % shapes.length]!) },
    },
  };
}

/** Accuracy over latency, or over size: points of settings, fronts of targets, FP32. */
export function deploymentChart(
  rows: readonly Row[],
  { metric }: SweepFacts,
  field: 'ratio' | 'megabytes',
): TopLevelSpec {
  const { title, axis, front, low, high } = axes[field];
  const x = { field, type: 'quantitative' as const, title, axis, scale: { zero: false, padding: 14 } };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: metric.axisTitle,
    scale: { zero: false, padding: 8 },
    axis: { format: metric.axisFormat, tickCount: 6 },
  };
  const { byColor, byShape } = targetScales(rows);
  const settings = { filter: `datum.role != 'fp32' && isValid(datum.${field})` };
  const onFront = `datum.${front} == 1`;
  return {
    description: `${metric.name} over ${field === 'ratio' ? 'latency' : 'size'}`,
    data: { name: 'rows' },
    width: 'container',
    height: 320,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    params: [{ name: 'condition', value: 0 }],
    transform: [{ filter: '!isValid(datum.condition) || datum.condition == condition' }],
    layer: [
      ...(field === 'ratio'
        ? [
            {
              data: { values: [{ one: 1 }] },
              mark: { type: 'rule' as const, color: color('fp32'), strokeDash: [4, 4], clip: true },
              encoding: { x: { ...x, field: 'one' } },
            },
          ]
        : []),
      {
        transform: [settings, { filter: onFront }],
        params: [legendFilter('target'), zoom],
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2, clip: true },
        encoding: { x, y, color: byColor, opacity: shownOpacity(1) },
      },
      {
        transform: [settings],
        mark: { type: 'rule', strokeWidth: 1.5, clip: true, tooltip: null },
        encoding: {
          x,
          y: { ...y, field: 'ci_low' },
          y2: { field: 'ci_high' },
          color: byColor,
          opacity: shownOpacity(0.35),
        },
      },
      ...(low === null
        ? []
        : [
            {
              transform: [settings],
              mark: { type: 'rule' as const, strokeWidth: 1.5, clip: true, tooltip: null },
              encoding: {
                x: { ...x, field: low },
                x2: { field: high },
                y,
                color: byColor,
                opacity: shownOpacity(0.35),
              },
            },
          ]),
      {
        transform: [{ filter: `datum.role == 'fp32' && isValid(datum.${field})` }],
        mark: {
          type: 'point',
          shape: 'diamond',
          filled: true,
          size: 130,
          color: color('fp32'),
          clip: true,
          opacity: 1,
          ...linkCursor,
        },
        encoding: { ...trialLink, x, y, tooltip: valueTooltip(metric) },
      },
      {
        transform: [settings, { filter: 'datum.unsmoothed == 1' }],
        mark: { type: 'point', filled: false, strokeWidth: 2, clip: true, ...linkCursor },
        encoding: pointEncoding(),
      },
      {
        transform: [settings, { filter: 'datum.unsmoothed == 0' }],
        mark: { type: 'point', filled: true, clip: true, ...linkCursor },
        encoding: pointEncoding(),
      },
    ],
  };

  function pointEncoding() {
    return {
      ...trialLink,
      x,
      y,
      color: byColor,
      shape: byShape,
      opacity: shownOpacity(1),
      size: { condition: { test: onFront, value: 90 }, value: 34 },
      tooltip: [
        ...valueTooltip(metric),
        { field: 'accuracy_of', title: 'accuracy' },
        { field: 'target', title: 'target' },
        { field: 'ratio', title: 'latency / FP32’s', format: '.3f' },
        { field: 'ratio_low', title: '95 % from', format: '.3f' },
        { field: 'ratio_high', title: '95 % to', format: '.3f' },
        { field: 'megabytes', title: 'MB', format: '.3f' },
      ],
    };
  }
}

/** Where neither latency nor size is known: accuracy by target. */
export function targetChart(rows: readonly Row[], { metric }: SweepFacts): TopLevelSpec {
  const { targets, byColor, byShape } = targetScales(rows);
  const x = metricAxis(metric);
  const y = { field: 'target', type: 'nominal' as const, title: null, sort: targets, axis: { labelLimit: 240 } };
  return {
    description: `${metric.name} by target`,
    data: { name: 'rows' },
    width: 'container',
    height: Math.max(80, 46 * targets.length),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    layer: [
      {
        transform: [{ filter: "datum.role == 'fp32'" }],
        mark: { type: 'rule', color: color('fp32'), strokeWidth: 1.5 },
        encoding: { x, tooltip: valueTooltip(metric) },
      },
      {
        transform: [{ filter: "datum.role != 'fp32'" }],
        mark: { type: 'point', filled: true, size: 60, opacity: 0.8, ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          y,
          color: { ...byColor, legend: null },
          shape: { ...byShape, legend: null },
          tooltip: [...valueTooltip(metric), { field: 'accuracy_of', title: 'accuracy' }],
        },
      },
    ],
  };
}
