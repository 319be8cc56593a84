import { describe, expect, it } from 'vitest';
import type { MomentsRecord } from '../../src/records/moments-record.js';
import { SharedResults } from '../../src/schedule/shared-results.js';
import type { SweepStore } from '../../src/store/store.js';
import { plainQuantization } from '../quantize/preparations.js';

const MIB = 2 ** 20;

/** A store whose moments are of so many MiB each, and which counts how often they are read. */
function storeOf(mebibytes: number): { readonly shared: SharedResults; readonly read: string[] } {
  const read: string[] = [];
  const moments = (stage: string, samples: number): MomentsRecord => {
    read.push(`${stage} ${samples}`);
    // As long as said, without memory.
    const products = { byteLength: mebibytes * MIB } as Float64Array;
    const layer = { layer: 'a', groups: 1, columns: 1, blockColumns: 1, means: new Float64Array(1) };
    return { samples, layers: [{ ...layer, products, nonZeroShares: new Float64Array(1) }] };
  };
  return { shared: new SharedResults({ moments } as unknown as SweepStore), read };
}

const plain = plainQuantization(4);
const rounded = {
  ...plain,
  weight: { ...plain.weight, rounding: 'gptq' as const },
  rounding: { inputs: 'float' as const, samples: 8, centered: false },
};

describe('shared second moments', () => {
  it('are one object for all trials that read them', () => {
    const { shared, read } = storeOf(1);
    const of = (samples: number): MomentsRecord | null =>
      shared.momentsOf({
        momentsKey: 'k',
        settings: { quantization: { ...rounded, rounding: { ...rounded.rounding, samples } }, search: null },
      });
    expect(of(8)!.samples).toBe(8);
    expect(of(16)).not.toBe(of(8));
    expect(of(8)).toBe(of(8));
    expect(read).toEqual(['k 8', 'k 16']);
  });

  it('are those of its search where a trial rounds to the nearest, to predict its losses by', () => {
    const { shared, read } = storeOf(1);
    const search = {
      candidates: [0.5],
      samples: 32,
      objective: 'hessian',
      order: 'isolated',
      ties: 'smaller',
      sweeps: 0,
    } as const;
    expect(shared.momentsOf({ momentsKey: 'k', settings: { quantization: plain, search } })!.samples).toBe(32);
    expect(shared.momentsOf({ momentsKey: 'k', settings: { quantization: rounded, search } })!.samples).toBe(8);
    expect(read).toEqual(['k 32', 'k 8']);
  });

  it('are none of a trial that nothing of which goes by them', () => {
    const { shared } = storeOf(1);
    const search = null;
    expect(shared.momentsOf({ momentsKey: 'k', settings: { quantization: plain, search } })).toBeNull();
    expect(shared.momentsOf({ momentsKey: null, settings: { quantization: rounded, search } })).toBeNull();
    expect(shared.momentsOf({ settings: { quantization: null, search } })).toBeNull();
  });

  it('are few in memory where they are large', () => {
    const { shared, read } = storeOf(100);
    for (const stage of ['a', 'b', 'c']) shared.moments(stage, 8);
    shared.moments('c', 8);
    shared.moments('b', 8);
    expect(read).toEqual(['a 8', 'b 8', 'c 8']);
    shared.moments('a', 8);
    expect(read).toHaveLength(4);
    const huge = storeOf(1000);
    huge.shared.moments('a', 8);
    huge.shared.moments('a', 8);
    expect(huge.read).toEqual(['a 8']);
  });
});
