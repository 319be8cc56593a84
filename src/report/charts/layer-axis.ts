import type { Row } from '../query.js';
import { numberOf, textOf } from '../query.js';

/** Longest layer name on an axis; tooltips and tables have the whole name. */
const longest = 30;

/** Short names of layers by position in the graph, for axis labels. */
export type LayerNames = Readonly<Record<string, string>>;

/**
 * Names for an axis, by position: without the start and end that all share up to a `/`, `.` or `_`,
 * and cut in the middle where still too long.
 */
export function layerNames(rows: readonly Row[]): LayerNames {
  const full = new Map(rows.map((row) => [String(numberOf(row, 'position')), textOf(row, 'layer')]));
  const names = [...full.values()];
  const start = names.length < 2 ? 0 : sharedStart(names);
  const end = names.length < 2 ? 0 : sharedStart(names.map((name) => reversed(name.slice(start))));
  return Object.fromEntries([...full].map(([position, name]) => [position, cut(name.slice(start, name.length - end))]));
}

/**
 * Layers from input to output, top to bottom, labelled by {@link layerNames} given as the chart's
 * parameter `layerNames`.
 */
export const layerAxis = {
  field: 'position',
  type: 'ordinal' as const,
  title: null,
  sort: 'ascending' as const,
  axis: { labelExpr: 'layerNames[datum.value]', labelLimit: 210, grid: false, ticks: false, labelOverlap: false },
};

/** Tooltip entry with the layer's whole name. */
export const layerTooltip = { field: 'layer', title: 'layer', type: 'nominal' as const };

/** Height in pixels of a chart with one line per layer. */
export function layersHeight(rows: readonly Row[]): number {
  return 17 * Math.max(2, new Set(rows.map((row) => row['position'])).size);
}

function sharedStart(names: readonly string[]): number {
  const first = names[0] ?? '';
  let length = 0;
  while (length < first.length && names.every((name) => name[length] === first[length])) length += 1;
  const boundary = Math.max(...['/', '.', '_'].map((mark) => first.slice(0, length).lastIndexOf(mark)));
  return boundary + 1;
}

function reversed(name: string): string {
  return Array.from(name).reverse().join('');
}

function cut(name: string): string {
  if (name.length <= longest) return name === '' ? '(unnamed)' : name;
  return `${name.slice(0, 13)}…${name.slice(-16)}`;
}
