import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallestKept } from '../../src/schedule/smallest-kept.js';

/** The loss is what the layers that stay quantized cost together. */
function world(costs: Readonly<Record<string, number>>) {
  const tried: string[] = [];
  const evaluate = async (layers: readonly string[]) => {
    tried.push(layers.join(' '));
    const loss = Object.entries(costs).reduce((sum, [name, cost]) => sum + (layers.includes(name) ? 0 : cost), 0);
    return Promise.resolve({ layers, value: 1 - loss, loss });
  };
  return { tried, evaluate };
}

const ranked = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

describe('smallestKept', () => {
  it('keeps nothing where nothing is needed, after one evaluation', async () => {
    const { tried, evaluate } = world({ a: 0.001 });
    const { chosen } = await smallestKept(ranked, 0.003, evaluate);
    expect(chosen).toMatchObject({ layers: [], loss: 0.001 });
    expect(tried).toEqual(['']);
  });

  it('doubles to a number that is enough, halves back, and evaluates what it chooses', async () => {
    const costs = Object.fromEntries(ranked.map((name) => [name, 0.01]));
    const { tried, evaluate } = world(costs);
    // Five of ten at 0.01 each leave 0.05.
    const { chosen, tries } = await smallestKept(ranked, 0.0501, evaluate);
    expect(tried.slice(0, 7).map((each) => (each === '' ? 0 : each.split(' ').length))).toEqual([0, 1, 2, 4, 8, 6, 5]);
    expect(chosen!.layers).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(chosen!.loss).toBeLessThanOrEqual(0.0501);
    expect(tries).toContain(chosen);
  });

  it('quantizes a layer again that ranks high and costs nothing', async () => {
    const { evaluate } = world({ b: 0.02, d: 0.02 });
    const { chosen } = await smallestKept(ranked, 0.003, evaluate);
    expect(chosen!.layers).toEqual(['b', 'd']);
  });

  it('chooses nothing where all but one in float lose too much', async () => {
    const { tried, evaluate } = world({ j: 0.02 });
    const { chosen } = await smallestKept(ranked, 0.003, evaluate);
    expect(chosen).toBeNull();
    expect(tried.at(-1)!.split(' ')).toHaveLength(9);
  });

  it('chooses a set that was evaluated and is enough, whatever the losses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (costs, allowed) => {
          const names = costs.map((_, index) => `layer ${index}`);
          const { evaluate } = world(Object.fromEntries(costs.map((cost, index) => [`layer ${index}`, cost])));
          const { tries, chosen } = await smallestKept(names, allowed, evaluate);
          expect(new Set(tries.map(({ layers }) => layers.join())).size).toBe(tries.length);
          expect(tries.every(({ layers }) => layers.length < names.length)).toBe(true);
          if (chosen === null) expect(tries.every(({ loss }) => loss > allowed)).toBe(true);
          else expect(tries.includes(chosen) && chosen.loss <= allowed).toBe(true);
        },
      ),
    );
  });
});
