import { expect, it } from 'vitest';
import { packNumbers, unpackNumbers } from '../../../src/calibrate/moments/packed-numbers.js';
import { randomFloats } from '../../onnx/pseudo-random.js';

it('gives numbers back bit for bit', () => {
  const numbers = Float64Array.of(0, -0, 1, -1e300, 5e-324, Infinity, NaN, 1 / 3);
  expect(new Uint8Array(unpackNumbers(packNumbers(numbers)).buffer)).toEqual(new Uint8Array(numbers.buffer));
  expect(unpackNumbers(packNumbers(new Float64Array(0)))).toEqual(new Float64Array(0));
});

it('takes numbers that lie within a larger buffer', () => {
  const all = Float64Array.from({ length: 10 }, (_, i) => i / 7);
  expect(unpackNumbers(packNumbers(all.subarray(3, 6)))).toEqual(all.slice(3, 6));
});

it('takes fewer bytes: half of those of float32 numbers end in zeros', () => {
  const numbers = Float64Array.from(randomFloats(1, 10_000));
  expect(packNumbers(numbers).length).toBeLessThan(0.6 * numbers.byteLength);
});

it('refuses bytes that are no whole numbers, or damaged', () => {
  const packed = packNumbers(Float64Array.of(1, 2, 3));
  expect(() => unpackNumbers(packed.subarray(0, packed.length - 4))).toThrow();
});
