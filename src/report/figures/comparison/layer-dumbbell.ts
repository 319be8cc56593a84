import type { TopLevelSpec } from 'vega-lite';
import type { ComparedTrials } from '../../facts/compared-trials.js';
import { sideColors, sideNames } from '../../facts/compared-trials.js';
import type { Row } from '../../query.js';
import { color } from '../../charts/theme.js';
import { layerLink, legendFilter, linkCursor, shownOpacity } from '../../charts/interaction.js';
import { chartHeading } from '../../charts/linked-charts.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;
type PointEncoding = NonNullable<Extract<LayeredSpec['layer'][number], { mark: unknown }>['encoding']>;

/** Two dots a layer on one line, A's and B's, layers in the model's order. */
export interface LayerDumbbell {
  readonly description: string;
  /** Rows of both trials, with `trial`, `position` and `layer`. */
  readonly rows: readonly Row[];
  /** Column, or field of `transform`, that is drawn along x. */
  readonly field: string;
  /** Over the chart, where the axis itself has no title because it changes. */
  readonly title?: { readonly expr: string };
  readonly x: Partial<Extract<NonNullable<PointEncoding['x']>, { scale?: unknown }>>;
  readonly params?: NonNullable<LayeredSpec['params']>;
  readonly transform: NonNullable<LayeredSpec['transform']>;
  readonly tooltip: readonly { readonly field: string; readonly title: string; readonly format?: string }[];
}

/** The trials of such a chart, told apart by colour and by shape. */
export interface DotSides {
  readonly names: readonly string[];
  readonly colors: readonly string[];
  readonly shapes: readonly string[];
  /** Vega expression over a row with `trial`: its place in `names`. */
  readonly place: string;
  /** Parameters that `place` reads. */
  readonly params: NonNullable<LayeredSpec['params']>;
}

/**
 * The chart of {@link LayerDumbbell}; A is a circle, B a diamond, so that colour is not the only
 * sign.
 */
export function layerDumbbell(chart: LayerDumbbell, facts: ComparedTrials): TopLevelSpec {
  return layerDots(chart, {
    names: sideNames(facts),
    colors: sideColors(facts),
    shapes: ['circle', 'diamond'],
    place: `datum.trial == ${facts.trial.trial} ? 0 : 1`,
    params: [],
  });
}

/** The same of any number of trials: a dot each on the layer's line. */
export function layerDots(chart: LayerDumbbell, sides: DotSides): TopLevelSpec {
  const names = [...sides.names];
  const x = { ...chart.x, type: 'quantitative' as const };
  return {
    description: chart.description,
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(chart.rows),
    ...(chart.title === undefined
      ? {}
      : {
          title: {
            ...chartHeading(chart.title, 'middle'),
            orient: 'bottom' as const,
            frame: 'bounds' as const,
          },
        }),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [
      { name: 'layerNames', value: { ...layerNames(chart.rows) } },
      { name: 'sides', value: names },
      ...sides.params,
      ...(chart.params ?? []),
    ],
    transform: [...chart.transform, { calculate: `sides[${sides.place}]`, as: 'side' }],
    layer: [
      {
        transform: [
          {
            aggregate: [
              { op: 'min', field: chart.field, as: 'low' },
              { op: 'max', field: chart.field, as: 'high' },
            ],
            groupby: ['position'],
          },
          { filter: 'isValid(datum.low)' },
        ],
        mark: { type: 'rule', color: color('muted'), strokeWidth: 1.5 },
        encoding: { y: layerAxis, x: { ...x, field: 'low' }, x2: { field: 'high' } },
      },
      {
        transform: [{ filter: `isValid(datum['${chart.field}'])` }],
        params: [legendFilter('side')],
        mark: { type: 'point', filled: true, size: 55, ...linkCursor },
        encoding: {
          ...layerLink,
          opacity: shownOpacity(1),
          y: layerAxis,
          x: { ...x, field: chart.field },
          color: {
            field: 'side',
            type: 'nominal',
            title: null,
            scale: { domain: names, range: [...sides.colors] },
            legend: { orient: 'top', direction: 'vertical', labelLimit: 330 },
          },
          shape: {
            field: 'side',
            type: 'nominal',
            title: null,
            scale: { domain: names, range: [...sides.shapes] },
            legend: { orient: 'top', direction: 'vertical', labelLimit: 330 },
          },
          tooltip: [layerTooltip, { field: 'side', title: 'trial', type: 'nominal' as const }, ...chart.tooltip],
        },
      },
    ],
  };
}
