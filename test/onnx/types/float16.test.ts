import fc from 'fast-check';
import { expect, it } from 'vitest';

import { widenFloat16 } from '../../../src/onnx/types/float16.js';

function widen(bits: number): number {
  const into = new Float32Array(1);
  widenFloat16(Uint16Array.of(bits), into);
  return into[0]!;
}

it('float16 numbers known by hand are widened exactly', () => {
  expect(widen(0x3c00)).toBe(1);
  expect(widen(0xc000)).toBe(-2);
  expect(widen(0x3555)).toBe(0.333251953125);
  expect(widen(0x7bff)).toBe(65504);
  expect(widen(0x0001)).toBe(2 ** -24);
  expect(widen(0x03ff)).toBe(1023 * 2 ** -24);
  expect(widen(0x0400)).toBe(2 ** -14);
  expect(widen(0x8000)).toBe(-0);
  expect(widen(0x7c00)).toBe(Infinity);
  expect(widen(0xfc00)).toBe(-Infinity);
  expect(widen(0x7e00)).toBeNaN();
});

it('the bits next to those of a positive finite float16 are a larger number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7bfe }), (bits) => {
      expect(widen(bits + 1)).toBeGreaterThan(widen(bits));
      expect(widen(bits | 0x8000)).toBe(-widen(bits));
    }),
  );
});
