import { describe, expect, it } from 'vitest';
import { KeptActivations } from '../../../src/engine/batching/kept-activations.js';
import type { Feeds, FloatTensor, Outputs } from '../../../src/engine/session/session.js';

const row = (...values: number[]): FloatTensor => ({ data: Float32Array.from(values), dims: [1, values.length] });

/** What a session is fed besides the batch, run by run. */
async function fed(kept: KeptActivations, names: readonly string[], runs: number): Promise<Feeds[]> {
  const seen: Feeds[] = [];
  const run = (_batch: FloatTensor, further: Feeds = {}): Promise<Outputs> => {
    seen.push(further);
    return Promise.resolve({});
  };
  const session = kept.feeding({ run }, new Set(names));
  for (let i = 0; i < runs; i++) await session.run(row(0), { other: { type: 'float32', ...row(9) } });
  return seen;
}

describe('KeptActivations', () => {
  it('feeds each batch its own tensors, beside what else is fed', async () => {
    const kept = new KeptActivations();
    kept.keep({ a: row(1, 2), b: row(3) }, ['a', 'b'], 0, 2);
    kept.keep({ a: row(4, 5), b: row(6) }, ['a', 'b'], 1, 2);
    const other = { type: 'float32', ...row(9) };
    expect(await fed(kept, ['a'], 2)).toEqual([
      { other, a: { type: 'float32', ...row(1, 2) } },
      { other, a: { type: 'float32', ...row(4, 5) } },
    ]);
  });

  it('leaves out a tensor whose batches do not fit', () => {
    const kept = new KeptActivations(20);
    kept.keep({ a: row(1, 2), b: row(3) }, ['a', 'b'], 0, 2);
    expect(kept.tensors).toEqual(new Set(['a']));
    kept.keep({ a: row(1, 2), b: row(3) }, ['a', 'b'], 1, 2);
    expect(kept.tensors).toEqual(new Set(['a']));
  });

  it('has room again for what it forgets', () => {
    const kept = new KeptActivations(16);
    kept.keep({ a: row(1, 2) }, ['a'], 0, 2);
    kept.keep({ a: row(1, 2) }, ['a'], 1, 2);
    kept.retain(new Set());
    expect(kept.tensors.size).toBe(0);
    kept.keep({ b: row(1, 2) }, ['b'], 0, 2);
    expect(kept.tensors).toEqual(new Set(['b']));
  });
});
