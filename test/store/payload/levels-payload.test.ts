import { describe, expect, it } from 'vitest';
import { decodeLevels, encodeLevels } from '../../../src/store/payload/levels-payload.js';
import { StoreError } from '../../../src/store/store-error.js';

describe('integers of a weight as bytes', () => {
  it('come back as they were, in the same type', () => {
    for (const levels of [Int8Array.of(-128, 0, 127), Int32Array.of(-255, 65535), new Int8Array()]) {
      expect(decodeLevels(encodeLevels(levels), 'x')).toEqual(levels);
    }
  });

  it('take little more than their bits', () => {
    const levels = Int8Array.from({ length: 40_000 }, (_, index) => ((index * 48271) % 2147483647) % 4);
    expect(encodeLevels(levels).length).toBeLessThan(40_000 * 0.35);
  });

  it('name the layer whose bytes are damaged', () => {
    const read = (): unknown => decodeLevels(Uint8Array.of(1, 2, 3), 'the weight of layer "conv1"');
    expect(read).toThrow(StoreError);
    expect(read).toThrow(/the weight of layer "conv1" can't be read/);
  });
});
