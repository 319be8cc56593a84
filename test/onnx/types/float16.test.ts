import fc from 'fast-check';
import { expect, it } from 'vitest';

import { narrowToBfloat16 } from '../../../src/onnx/types/bfloat16.js';
import { narrowToFloat16, widenFloat16 } from '../../../src/onnx/types/float16.js';

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

it('narrows to the nearest float16, ties to even, as known by hand', () => {
  const cases: readonly [number, number][] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [-0, 0x8000],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [1 + 2 ** -11 + 2 ** -20, 0x3c01],
    [2047.5, 0x6800],
    [65504, 0x7bff],
    [65519.99609375, 0x7bff],
    [65520, 0x7c00],
    [-1e30, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [3 * 2 ** -25, 0x0002],
    [2 ** -14 - 2 ** -26, 0x0400],
    [NaN, 0x7e00],
  ];
  expect(Array.from(narrowToFloat16(Float32Array.from(cases, ([number]) => number)))).toEqual(
    cases.map(([, bits]) => bits),
  );
});

it('every float16 is narrowed to itself', () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, own) => own).filter((own) => (own & 0x7fff) <= 0x7c00);
  const wide = new Float32Array(bits.length);
  widenFloat16(bits, wide);
  expect(narrowToFloat16(wide)).toEqual(bits);
});

it('bfloat16 is narrowed to the nearest, ties to even, and back as known by hand', () => {
  const cases: readonly [number, number][] = [
    [1, 0x3f80],
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [-0, 0x8000],
    [3.4e38, 0x7f80],
    [NaN, 0x7fc0],
    [-Infinity, 0xff80],
  ];
  expect(Array.from(narrowToBfloat16(Float32Array.from(cases, ([number]) => number)))).toEqual(
    cases.map(([, bits]) => bits),
  );
});
