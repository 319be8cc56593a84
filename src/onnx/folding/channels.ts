/** Where the channels of a tensor are that a region divides. */
export interface Channels {
  readonly count: number;
  /** Counted from the front; null where the number of axes before them is not known. */
  readonly axis: number | null;
  /** Axes behind them; null where not known. */
  readonly trailing: number | null;
  /** Numbers of one sample in one channel, where known. */
  readonly positions: number | null;
}

/** Number of axes; null where not known. */
export function rankOf({ axis, trailing }: Channels): number | null {
  return axis === null || trailing === null ? null : axis + trailing + 1;
}

/**
 * An axis of the operator as one that is counted from the channel axis: 0 is the channel axis
 * itself, -1 the one before. Null where that is not known.
 */
export function relativeAxis(channels: Channels, axis: number): number | null {
  if (axis >= 0) return channels.axis === null ? null : axis - channels.axis;
  return channels.trailing === null ? null : axis + 1 + channels.trailing;
}

/** What is known of two tensors that lie alike; null where they do not. */
export function alike(a: Channels, b: Channels): Channels | null {
  const differ = (one: number | null, other: number | null): boolean => one !== null && other !== null && one !== other;
  if (a.count !== b.count || differ(a.axis, b.axis) || differ(a.trailing, b.trailing)) return null;
  // Of two that are broadcast the larger one is not known.
  const positions = a.positions === b.positions ? a.positions : null;
  return { count: a.count, axis: a.axis ?? b.axis, trailing: a.trailing ?? b.trailing, positions };
}
