import { describe, expect, it } from 'vitest';
import type { Experiment, Execution, Settings, TrialRole } from '../../src/experiment/sections/settings.js';
import { hasVnni } from '../../src/engine/numerics/cpu-flags.js';
import { maySaturate, saturationNotes } from '../../src/prepare/saturation.js';
import { plainQuantization } from '../quantize/preparations.js';

function experimentOf(...trials: readonly (readonly [TrialRole, Execution, number])[]): Pick<Experiment, 'trials'> {
  return {
    trials: trials.map(([role, execution, bits]) => ({
      role,
      axes: {},
      settings: { quantization: { ...plainQuantization(bits), execution } } as Settings,
    })),
  };
}

describe('hasVnni', () => {
  it.each([
    ['avx2 avx512_vnni', true],
    ['avx2 avx_vnni', true],
    ['avx2 avx512f', false],
    ['', false],
  ])('of "%s" is %s', (flags, expected) => {
    expect(hasVnni(flags)).toBe(expected);
  });
});

describe('maySaturate', () => {
  it('holds for signed weights of 8 bits, whatever the scheme of the input', () => {
    const quantization = plainQuantization(8);
    const { activation, weight } = quantization;
    expect(maySaturate(quantization)).toBe(true);
    expect(maySaturate({ ...quantization, activation: { ...activation, scheme: 'unsigned' } })).toBe(true);
    expect(maySaturate({ ...quantization, activation: { ...activation, bits: 16 } })).toBe(false);
    expect(maySaturate({ ...quantization, weight: { ...weight, bits: 7 } })).toBe(false);
    expect(maySaturate({ ...quantization, weight: { ...weight, scheme: 'asymmetric' } })).toBe(false);
  });
});

describe('saturationNotes', () => {
  const integer = experimentOf(
    ['fp32', 'integer', 8],
    ['candidate', 'integer', 8],
    ['unsmoothed', 'integer', 8],
    ['candidate', 'integer', 4],
    ['candidate', 'simulated', 8],
  );

  it('warns once of the trials that may saturate on a CPU without VNNI', () => {
    expect(saturationNotes(integer, ['avx2'])).toEqual([
      expect.stringMatching(/^Warning: 2 of the trials run with execution integer .* no VNNI/),
    ]);
  });

  it('says nothing with VNNI, or where everything is simulated', () => {
    expect(saturationNotes(integer, ['avx2', 'avx_vnni'])).toEqual([]);
    expect(saturationNotes(experimentOf(['candidate', 'simulated', 8]), ['avx2'])).toEqual([]);
  });
});
