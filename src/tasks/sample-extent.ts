/**
 * Height and width of a sample of shape `[C, H, W]` or `[H, W, C]`; null where it is no picture.
 * Channels are 1 to 4; where both ends could be, they come first.
 */
export function sampleExtent(shape: readonly number[] | null | undefined): readonly [number, number] | null {
  if (shape?.length === 2) return [shape[0]!, shape[1]!];
  if (shape?.length !== 3) return null;
  const [first, second, third] = shape as [number, number, number];
  return first > 4 && third <= 4 ? [first, second] : [second, third];
}
