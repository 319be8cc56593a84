import type { Config } from 'vega-lite';
import type { ThemeToken } from './theme-tokens.js';

/** A token as specs write it, e.g. `@fp32`. */
export function color(token: ThemeToken): string {
  return `@${token}`;
}

/** The colour scale of losses, small to large. */
export const lossRange = [color('loss0'), color('loss1'), color('loss2'), color('loss3'), color('loss4')];

/** Colours of layers' lines, from input to output. */
export const depthRange = [color('depth0'), color('depth1'), color('depth2')];

const sizeTokens = ['size0', 'size1', 'size2', 'size3', 'size4', 'size5'] as const;

/** Colours of the calibration sizes in ascending order; from the seventh size on they repeat. */
export function sizeColors(count: number): string[] {
  return Array.from({ length: count }, (_, index) => color(sizeTokens[index % sizeTokens.length]!));
}

const bitsTokens = ['bits0', 'bits1', 'bits2', 'bits3'] as const;

/** Colours of pairs of bits in ascending order; from the fifth pair on they repeat. */
export function bitsColors(count: number): string[] {
  return Array.from({ length: count }, (_, index) => color(bitsTokens[index % bitsTokens.length]!));
}

/** Dashes of the calibration sizes, a second sign beside colour (print, colour blindness). */
export function sizeDashes(count: number): number[][] {
  const dashes = [
    [1, 0],
    [6, 3],
    [2, 2],
    [8, 3, 2, 3],
    [1, 3],
    [12, 4],
  ];
  return Array.from({ length: count }, (_, index) => dashes[index % dashes.length]!);
}

/** Vega-Lite's configuration: no frame, no background, quiet axes. Colours are tokens. */
export const chartConfig: Config = {
  background: 'transparent',
  font: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  axis: {
    labelColor: color('muted'),
    titleColor: color('text'),
    gridColor: color('grid'),
    domainColor: color('muted'),
    tickColor: color('muted'),
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 500,
    tickSize: 4,
    titlePadding: 8,
  },
  legend: {
    labelColor: color('text'),
    titleColor: color('muted'),
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 500,
    symbolStrokeWidth: 2,
    labelLimit: 240,
    orient: 'top',
    offset: 6,
    titleOrient: 'left',
    titleAnchor: 'middle',
  },
  view: { stroke: 'transparent' },
  text: { fill: color('text'), fontSize: 12 },
};
