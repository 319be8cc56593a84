import type { TopLevelSpec } from 'vega-lite';
import type { MetricText } from '../../number-text.js';
import { bareValue, valueText } from '../../number-text.js';
import type { TrialFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { smoothingModes } from '../../../smooth/modes/registry.js';
import { besideModes, isMode, lineModes, modeShape, pointModes } from '../../charts/smoothing-mode-marks.js';
import { legendFilter, linkCursor, shownOpacity, trialLink, zoom } from '../../charts/interaction.js';

/** What an accuracy-over-alpha chart shows beside the rows themselves. */
export interface AccuracyChart {
  readonly metric: MetricText;
  /** Trials of this chart. */
  readonly trials: readonly TrialFacts[];
  /**
   * What sets the lines apart: a Vega expression over the row, and its values with colours and
   * dashes.
   */
  readonly group: {
    readonly title: string;
    readonly expression: string;
    readonly values: readonly string[];
    readonly colors: readonly string[];
    readonly dashes: readonly (readonly number[])[];
  };
  /** Trial to be ringed, or null. */
  readonly best: number | null;
  readonly range: ValueRange;
  readonly description: string;
}

/** Ends of the metric's axis: with everything in it, and close around the candidates. */
export interface ValueRange {
  readonly all: readonly [number, number];
  readonly near: readonly [number, number];
  /** True where one far value would press the curve flat, so that a choice is offered. */
  readonly differs: boolean;
}

/**
 * The metric's axis over all trials of a figure, with a margin; `near` leaves out unsmoothed
 * trials.
 */
export function valueRange(trials: readonly TrialFacts[], metric: MetricText): ValueRange {
  const finished = trials.filter((trial) => trial.value !== null);
  const all = extent(finished, metric);
  const near = extent(
    finished.filter((trial) => trial.role !== 'unsmoothed'),
    metric,
  );
  return { all, near, differs: all[1] - all[0] > 2.5 * (near[1] - near[0]) };
}

function extent(trials: readonly TrialFacts[], { unit, isProportion }: MetricText): [number, number] {
  const low = Math.min(...trials.flatMap(({ ciLow, value }) => ciLow ?? value ?? []));
  const high = Math.max(...trials.flatMap(({ ciHigh, value }) => ciHigh ?? value ?? []));
  if (!(low <= high)) return [0, 1];
  const spread = 0.08 * (high - low);
  // Shares of samples are never told apart below this; other values may all lie within it.
  const margin = isProportion || spread === 0 ? Math.max(spread, 0.0005) : spread;
  const isFraction = isProportion || unit === 'fraction';
  return isFraction ? [Math.max(0, low - margin), Math.min(1, high + margin)] : [low - margin, high + margin];
}

type ChartLayer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

/** Where trials without one alpha of their own stand beside the alpha axis, which ends at 1. */
const besideAt = 1.11;

const besideTest = `(${isMode(besideModes)})`;

/**
 * Accuracy over alpha: a line with its 95 % band per group, references as rules; a square where the
 * search of one alpha ended; what has no alpha for all layers at the right.
 */
export function accuracyChart(chart: AccuracyChart): TopLevelSpec {
  const { metric, group, range } = chart;
  const besides = besideModes
    .filter((mode) => chart.trials.some((trial) => trial.alphaMode === mode))
    .map((mode) => smoothingModes[mode].appearance.name);
  const hasBeside = besides.length > 0;
  const spread = group.values.length > 1 ? 0.05 : 0;
  const colorScale = { domain: [...group.values], range: [...group.colors] };
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    title: 'alpha',
    scale: { domain: [0, hasBeside ? 1.21 : 1], nice: false },
    axis: {
      values: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
      format: '.1f',
      labelOverlap: 'parity' as const,
      labelSeparation: 6,
      grid: false,
    },
  };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: metric.axisTitle,
    scale: {
      zero: false,
      nice: false,
      domain: [
        { expr: `range == 'near' ? ${range.near[0]} : ${range.all[0]}` },
        { expr: `range == 'near' ? ${range.near[1]} : ${range.all[1]}` },
      ],
    },
    axis: { format: metric.axisFormat, tickCount: 6 },
  };
  const legend = { symbolOpacity: 1, symbolType: 'stroke', symbolSize: 220, symbolStrokeWidth: 2.5 };
  const groupColor = { field: 'group', type: 'nominal' as const, title: group.title, scale: colorScale, legend };
  const low = { ...y, field: 'ci_low' };
  const high = { field: 'ci_high' };
  const tooltip = [
    { field: 'label', title: 'setting' },
    { field: 'value', title: metric.shortName, format: metric.tooltipFormat },
    { field: 'ci_low', title: '95 % from', format: metric.tooltipFormat },
    { field: 'ci_high', title: '95 % to', format: metric.tooltipFormat },
  ];
  const only = (expression: string): { filter: string }[] => [{ filter: expression }];
  return {
    description: chart.description,
    data: { name: 'rows' },
    width: 'container',
    height: 340,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    params: [
      { name: 'range', value: range.differs ? 'near' : 'all' },
      { name: 'groups', value: [...group.values] },
    ],
    transform: [
      { filter: { field: 'trial', oneOf: chart.trials.map((trial) => trial.trial) } },
      { calculate: group.expression, as: 'group' },
      {
        calculate: `${besideTest} ? ${besideAt} + ${spread} * (indexof(groups, datum.group) - ${(group.values.length - 1) / 2}) : datum.alpha`,
        as: 'x',
      },
    ],
    layer: [
      {
        transform: only(isMode(lineModes)),
        mark: { type: 'area', clip: true, tooltip: null },
        encoding: { x, y: low, y2: high, color: groupColor, opacity: shownOpacity(0.14) },
      },
      {
        transform: only("datum.role != 'candidate'"),
        mark: { type: 'rule', strokeWidth: 1.5, clip: true },
        encoding: {
          y,
          tooltip,
          color: { condition: { test: "datum.role == 'fp32'", value: color('fp32') }, value: color('unsmoothed') },
          strokeDash: { condition: { test: "datum.role == 'fp32'", value: [1, 0] }, value: [5, 4] },
        },
      },
      {
        transform: only(isMode(lineModes)),
        params: [legendFilter('group'), zoom],
        mark: { type: 'line', strokeWidth: 2, clip: true },
        encoding: {
          x,
          y,
          color: groupColor,
          opacity: shownOpacity(1),
          strokeDash: {
            field: 'group',
            type: 'nominal',
            title: group.title,
            scale: { domain: [...group.values], range: group.dashes.map((dash) => [...dash]) },
            legend,
          },
        },
      },
      {
        transform: only(isMode(lineModes)),
        mark: { type: 'point', filled: true, size: 34, clip: true, ...linkCursor },
        encoding: { x, y, color: groupColor, opacity: shownOpacity(1), tooltip, ...trialLink },
      },
      {
        transform: only(isMode(pointModes)),
        mark: { type: 'point', filled: true, size: 110, clip: true, ...linkCursor },
        encoding: { x, y, color: groupColor, opacity: shownOpacity(1), shape: modeShape, tooltip, ...trialLink },
      },
      ...(hasBeside ? besideLayers() : []),
      {
        transform: only(`datum.trial == ${chart.best ?? -1}`),
        mark: {
          type: 'point',
          filled: false,
          size: 230,
          strokeWidth: 2,
          color: color('text'),
          opacity: 1,
          clip: true,
          ...linkCursor,
        },
        encoding: { x, y, tooltip, ...trialLink },
      },
      ...referenceLabels(chart),
    ],
  };

  function besideLayers(): ChartLayer[] {
    const beside = only(besideTest);
    return [
      {
        data: { values: [{}] },
        mark: { type: 'rule', color: color('muted'), strokeWidth: 1, opacity: 0.5, clip: true },
        encoding: { x: { datum: 1.02, type: 'quantitative' } },
      },
      {
        data: { values: [{}] },
        mark: { type: 'text', text: besides.join(', '), color: color('muted'), baseline: 'bottom', dy: -4, clip: true },
        encoding: { x: { datum: besideAt, type: 'quantitative' }, y: { value: 'height' } },
      },
      {
        transform: beside,
        mark: { type: 'rule', strokeWidth: 2, clip: true },
        encoding: { x, y: low, y2: high, color: groupColor, opacity: shownOpacity(1) },
      },
      {
        transform: beside,
        mark: { type: 'point', filled: true, size: 90, clip: true, ...linkCursor },
        encoding: {
          x,
          y,
          color: groupColor,
          opacity: shownOpacity(1),
          shape: modeShape,
          tooltip,
          ...trialLink,
        },
      },
    ];
  }
}

/**
 * `FP32 91.73 %` above its rule and `unsmoothed 61.2–61.4 %` below its own, towards the right, with
 * a halo.
 */
function referenceLabels({ trials, metric, range }: AccuracyChart): ChartLayer[] {
  const fp32s = trials
    .filter((trial) => trial.role === 'fp32')
    .map((trial) => trial.value)
    .filter((value) => value !== null)
    .sort((a, b) => a - b);
  const fp32 = fp32s.at(-1) ?? null;
  const lowestFp32 = fp32s[0] ?? null;
  const unsmoothed = trials
    .filter((trial) => trial.role === 'unsmoothed')
    .map((trial) => trial.value)
    .filter((value) => value !== null)
    .sort((a, b) => a - b);
  const low = unsmoothed[0] ?? null;
  const high = unsmoothed.at(-1) ?? null;
  const fp32IsAbove = fp32 === null || high === null || fp32 >= high;
  const labels = [];
  if (fp32 !== null && lowestFp32 !== null) {
    const from = lowestFp32 === fp32 ? '' : `${bareValue(lowestFp32, metric)}–`;
    labels.push({ y: fp32, above: fp32IsAbove, role: 'fp32', text: `FP32 ${from}${valueText(fp32, metric)}` });
  }
  if (low !== null && high !== null) {
    const values = low === high ? '' : `${bareValue(low, metric)}–`;
    const text = `unsmoothed ${values}${valueText(high, metric)}`;
    labels.push({ y: fp32IsAbove ? low : high, above: !fp32IsAbove, role: 'unsmoothed', text });
  }
  return labels.flatMap((label) => [true, false].map((halo) => labelLayer(label, halo, range)));
}

function labelLayer(
  label: { readonly y: number; readonly above: boolean; readonly role: string; readonly text: string },
  halo: boolean,
  range: ValueRange,
): ChartLayer {
  const floor = `(range == 'near' ? ${range.near[0]} : ${range.all[0]})`;
  const paint = halo
    ? { stroke: color('ground'), strokeWidth: 4, color: color('ground') }
    : { color: label.role === 'fp32' ? color('fp32') : color('unsmoothed') };
  return {
    data: { values: [label] },
    transform: [
      { calculate: `datum.y < ${floor}`, as: 'below' },
      { calculate: `max(datum.y, ${floor})`, as: 'at' },
      { calculate: "datum.below ? datum.text + (width < 380 ? ' ↓' : ' ↓ below this axis') : datum.text", as: 'shown' },
    ],
    mark: {
      type: 'text',
      align: 'right',
      fontWeight: 600,
      clip: true,
      dy: { expr: `datum.above || datum.below ? -8 : 9` },
      ...paint,
    },
    encoding: {
      x: { datum: 1, type: 'quantitative' },
      y: { field: 'at', type: 'quantitative' as const },
      text: { field: 'shown' },
    },
  };
}
