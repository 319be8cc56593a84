import { TO_THE_END, type SliceRange } from '../../onnx/edits/graph-patch.js';
import type { AxisPads, LayerReading } from './layer-reading.js';

/** The windows along one axis. */
export interface AxisWindows {
  /** Positions of the kernel. */
  readonly taps: number;
  readonly dilation: number;
  readonly stride: number;
  readonly pads: AxisPads;
  /** Only so many of the first or the last windows; null: all. */
  readonly end: { readonly side: keyof AxisPads; readonly width: number } | null;
}

/** All windows of a layer along an axis of the image. */
export function axisWindows(
  { kernel, dilations, strides }: LayerReading,
  pads: readonly AxisPads[],
  axis: number,
): AxisWindows {
  return {
    taps: kernel[axis]!,
    dilation: dilations[axis]!,
    stride: strides[axis]!,
    pads: pads[axis]!,
    end: null,
  };
}

/** What a position of the kernel reads of a padded axis in all windows. */
export function rangeOfTap({ taps, dilation, end }: AxisWindows, tap: number): Omit<SliceRange, 'axis'> {
  const start = tap * dilation;
  const rest = start - (taps - 1) * dilation;
  if (end === null) return { start, end: rest === 0 ? TO_THE_END : rest };
  if (end.side === 'before') return { start, end: start + end.width };
  return { start: rest - end.width, end: rest === 0 ? TO_THE_END : rest };
}

/** Windows that read the tensor on an axis without being the layer's. */
export interface StripWindows {
  readonly windows: AxisWindows;
  /** Which position of the layer's kernel is the first of the windows'. */
  readonly firstTap: number;
  /** What the windows read of the tensor. */
  readonly range: Omit<SliceRange, 'axis'>;
}

/**
 * The windows just before, or just behind, all that a layer of stride 1 has along an axis.
 *
 * @returns null where the layer has all that read anything
 */
export function stripWindows(own: AxisWindows, side: keyof AxisPads): StripWindows | null {
  const { taps, dilation, pads } = own;
  const width = (taps - 1) * dilation - pads[side];
  if (width === 0) return null;
  // Only so many positions of the kernel reach into the tensor: the last ones, or the first ones.
  const reaching = Math.floor((width - 1) / dilation) + 1;
  const inner = (reaching - 1) * dilation;
  const isBefore = side === 'before';
  return {
    windows: {
      ...own,
      taps: reaching,
      // Zeros behind the strip where the tensor has fewer rows than it.
      pads: isBefore ? { before: inner, behind: width - 1 } : { before: width - 1, behind: inner },
      end: { side, width },
    },
    firstTap: isBefore ? taps - reaching : 0,
    range: isBefore ? { start: 0, end: width } : { start: -width, end: TO_THE_END },
  };
}
