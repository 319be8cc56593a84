import type { TopLevelSpec } from 'vega-lite';
import type { Row } from '../query.js';
import { color } from './theme.js';

type ChartLayer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

/** Lines that all have names; of more the one pointed at has, so that names do not overlap. */
const mostNamed = 6;

/** Where names of layers' lines stand. */
export interface LineNames {
  /** Of all lines. */
  readonly rows: readonly Row[];
  /** A Vega expression: true of the row at whose point a line's name stands. */
  readonly at: string;
  /** Which side of the point the text is on. */
  readonly align: 'left' | 'right';
  /** Fields and scales of the lines, where the chart's encoding does not have them. */
  readonly encoding?: { readonly x: object; readonly y: object };
  /** Parameters that select layers by `position`; whatever they select has its name. */
  readonly selectedBy: readonly string[];
}

/**
 * Names beside layers' lines, with a halo: of few lines all, of more those of the selected ones.
 * The chart has the parameter `layerNames`, see {@link layerAxis}.
 */
export function lineNames({ rows, at, align, encoding, selectedBy }: LineNames): ChartLayer[] {
  const lines = new Set(rows.map((row) => row['position'])).size;
  const opacity = {
    condition: selectedBy.map((param) => ({ param, empty: false, value: 1 })),
    // Hidden, not filtered: without a row a scale would have no extent.
    value: lines > mostNamed ? 0 : 1,
  };
  const paints = [{ stroke: color('ground'), strokeWidth: 3, color: color('ground') }, { color: color('text') }];
  return paints.map((paint) => ({
    transform: [{ filter: at }, { calculate: 'layerNames[datum.position]', as: 'lineName' }],
    mark: {
      type: 'text',
      align,
      baseline: 'bottom',
      dx: align === 'left' ? 4 : -4,
      dy: -2,
      fontSize: 11,
      clip: true,
      ...paint,
    },
    encoding: { ...encoding, text: { field: 'lineName' }, opacity },
  }));
}
