import type { TopLevelSpec } from 'vega-lite';
import type { MetricText } from '../number-text.js';
import { color } from './theme.js';

type ChartLayer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

/** The metric's axis of a dot plot, along x. */
export function metricAxis(metric: MetricText) {
  return {
    field: 'value',
    type: 'quantitative' as const,
    title: metric.axisTitle,
    scale: { zero: false, padding: 12 },
    axis: { format: metric.axisFormat, tickCount: 5 },
  };
}

/** FP32 as a vertical rule, from the rows' `fp32_value`. */
export function fp32Rule(metric: MetricText): ChartLayer {
  return {
    transform: [{ aggregate: [{ op: 'mean', field: 'fp32_value', as: 'fp32' }] }, { filter: 'isValid(datum.fp32)' }],
    mark: { type: 'rule', color: color('fp32'), strokeWidth: 1.5 },
    encoding: {
      x: { ...metricAxis(metric), field: 'fp32' },
      tooltip: [{ field: 'fp32', title: 'FP32', format: metric.tooltipFormat }],
    },
  };
}

/** Tooltip entries of a trial's value with its interval. */
export function valueTooltip(metric: MetricText) {
  return [
    { field: 'label', title: 'setting' },
    { field: 'value', title: metric.shortName, format: metric.tooltipFormat },
    { field: 'ci_low', title: '95 % from', format: metric.tooltipFormat },
    { field: 'ci_high', title: '95 % to', format: metric.tooltipFormat },
  ];
}
