import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountReader, CountWriter } from '../../../src/calibrate/histograms/packed-counts.js';

function roundTrip(histograms: readonly (readonly number[])[], bins: number): number[][] {
  const writer = new CountWriter(1);
  for (const counts of histograms)
    writer.write(
      Float64Array.from({ length: bins }, (_, i) => counts[i] ?? 0),
      0,
      bins,
    );
  const reader = new CountReader(writer.finish());
  return histograms.map(() => {
    const into = new Float64Array(bins);
    reader.addTo(into);
    return [...into];
  });
}

describe('packed counts', () => {
  it('are the bytes that the format describes', () => {
    const writer = new CountWriter();
    writer.write(Uint32Array.of(9, 5, 0, 0, 0, 300, 0), 1, 6);
    // Five bins: 5, three empty ones, 300 = 2 * 128 + 44.
    expect([...writer.finish()]).toEqual([5, 5, 0, 3, 0x80 | 44, 2]);
  });

  it('come back, whatever their size', () => {
    const count = fc.oneof(fc.constant(0), fc.nat(200), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(fc.array(count, { maxLength: 20 }), { maxLength: 5 }), (histograms) => {
        const padded = histograms.map((h) => Array.from({ length: 20 }, (_, i) => h[i] ?? 0));
        expect(roundTrip(histograms, 20)).toEqual(padded);
      }),
    );
  });

  it('say where bytes end too early', () => {
    expect(() => new CountReader(Uint8Array.of(2, 1)).addTo(new Float64Array(4))).toThrow(
      'Expected a number at byte 2 of packed counts, got their end.',
    );
    expect(() => new CountReader(Uint8Array.of(0x80)).addTo(new Float64Array(4))).toThrow(RangeError);
  });
});
