import { UsageError } from '../../errors/usage-error.js';

/** `HEIGHTxWIDTH`, or a number for both. @throws UsageError */
export function parseSize(text: string): readonly [number, number] {
  const [, height, width] = /^([1-9]\d{0,4})(?:x([1-9]\d{0,4}))?$/.exec(text) ?? [];
  if (height === undefined) throw new UsageError(`Expected --size as HEIGHTxWIDTH, such as 480x640, got "${text}".`);
  return [Number(height), Number(width ?? height)];
}
