import type { TopLevelSpec } from 'vega-lite';
import { fitWidth } from './compile-chart.js';
import type { Row } from '../query.js';
import { numberOf } from '../query.js';
import { color, depthRange } from './theme.js';
import type { LayerNames } from './layer-axis.js';
import { layerAxis } from './layer-axis.js';

type ConcatSpec = Extract<TopLevelSpec, { vconcat: unknown }>;
type Parameter = NonNullable<ConcatSpec['params']>[number];

/** Names of the two views that the selections of {@link linkedCharts} live in. */
export const overview = 'overview';
export const detail = 'detail';

/** A layer overview above, lines of the layers below, over the same columns. */
export interface LinkedCharts {
  readonly description: string;
  readonly names: LayerNames;
  /** Further parameters, set by the figure's controls. */
  readonly params: readonly Parameter[];
  readonly transform: NonNullable<ConcatSpec['transform']>;
  readonly overview: ConcatSpec['vconcat'][number];
  readonly detail: ConcatSpec['vconcat'][number];
}

/**
 * Two charts in one spec that share the selections `layers` (click: keep this layer, again: let it
 * go, double click: all) and `hovered`, both of field `position`. The views are named
 * {@link overview} and {@link detail}; their y axes leave `axisRoom` pixels, so that columns stand
 * under columns.
 */
export function linkedCharts(charts: LinkedCharts): TopLevelSpec {
  const longest = Math.max(0, ...Object.values(charts.names).map((name) => name.length));
  const room = Math.min(210, Math.max(58, Math.round(6.3 * longest) + 10));
  return {
    description: charts.description,
    data: { name: 'rows' },
    usermeta: fitWidth('axisRoom + 14'),
    autosize: { type: 'pad', contains: 'padding', resize: true },
    spacing: 18,
    params: [
      { name: 'axisRoom', expr: `containerSize()[0] < 480 ? ${Math.min(room, 112)} : ${room}` },
      { name: 'layerNames', value: { ...charts.names } },
      ...charts.params,
      {
        name: 'layers',
        select: { type: 'point', fields: ['position'], toggle: 'true', clear: 'dblclick' },
        views: [overview, detail],
      },
      {
        name: 'hovered',
        select: { type: 'point', fields: ['position'], on: 'pointerover', clear: 'pointerout' },
        views: [overview, detail],
      },
    ],
    transform: [...charts.transform],
    vconcat: [charts.overview, charts.detail],
    resolve: { scale: { color: 'independent' } },
  };
}

/** Room for the labels of a y axis: the same in both charts. */
export const fixedRoom = { minExtent: { expr: 'axisRoom' }, maxExtent: { expr: 'axisRoom' } };

/** {@link layerAxis} with {@link fixedRoom}. */
export const linkedLayerAxis = { ...layerAxis, axis: { ...layerAxis.axis, ...fixedRoom } };

/**
 * What a chart's colours or y axis show, set over its top left corner, where a rotated title would
 * take width.
 */
export function chartHeading(text: string | { readonly expr: string }, anchor: 'start' | 'middle' = 'start') {
  return {
    text,
    anchor,
    fontSize: 11,
    fontWeight: 500 as const,
    color: color('muted'),
    offset: 4,
  };
}

/** Opacity of a mark of one layer: full where chosen or hovered, or where nothing is chosen. */
export function chosenOpacity(full: number, other: number) {
  return {
    condition: [
      { param: 'layers', empty: true, value: full },
      { param: 'hovered', empty: false, value: full },
    ],
    value: other,
  };
}

/** A number for the hovered layer, else another: widths of lines. */
export function hoveredSize(hovered: number, other: number) {
  return { condition: { param: 'hovered', empty: false, value: hovered }, value: other };
}

/**
 * Colour of a layer's line by its place in the network; the domain is given, as a panel may have no
 * line.
 */
export function layerDepth(rows: readonly Row[]) {
  const positions = rows.map((row) => numberOf(row, 'position'));
  const domain = [0, positions.reduce((most, position) => Math.max(most, position), 1)];
  return { field: 'position', type: 'quantitative' as const, scale: { domain, range: depthRange }, legend: null };
}

/** How to use the selections, for captions. */
export const linkedHint = 'Click layers to isolate them in the lines below, double-click for all.';
