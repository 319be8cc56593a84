import { describe, expect, it } from 'vitest';
import type { ChoosingLayer } from '../../src/frontier/assignment-curve.js';
import { cheapestWithin, MOST_EVALUATIONS, type EvaluatedAssignment } from '../../src/frontier/cheapest-within.js';
import { createPrng } from '../../src/statistics/prng.js';

const BITS = [2, 3, 4, 6, 8];
const MAX_DROP = 0.005;

interface Network {
  readonly layers: readonly ChoosingLayer[];
  readonly evaluate: (choices: readonly number[]) => Promise<EvaluatedAssignment>;
  readonly cost: (choices: readonly number[]) => number;
}

/** Its damages are predicted with an error, and its drop grows with the true damage. */
function network(seed: number, error: number, noise = 0.0003): Network {
  const prng = createPrng(seed);
  const random = (): number => prng.nextUint32() / 2 ** 32;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const layers = Array.from({ length: 20 }, (_, l) => {
    const weights = 500 * 2 ** (l / 4);
    const slope = Math.exp(normal()) * 0.2;
    return {
      layer: `l${l}`,
      choices: BITS.map((bits) => ({ bits, cost: weights * bits, damage: slope * 4 ** (2 - bits) })),
    };
  });
  const truth = layers.map(() => Math.exp(error * normal()));
  return {
    layers,
    evaluate: (choices) => {
      const divergence = choices.reduce((sum, c, l) => sum + layers[l]!.choices[c]!.damage * truth[l]!, 0);
      return Promise.resolve({ drop: 0.9 * (1 - Math.exp(-divergence / 3)) + noise * normal(), divergence });
    },
    cost: (choices) => choices.reduce((sum, c, l) => sum + layers[l]!.choices[c]!.cost, 0),
  };
}

/** The cheapest of a path by descending cost that keeps the bound, by halves. */
async function byHalves(
  path: readonly (readonly number[])[],
  { evaluate, cost }: Network,
  evaluations: number,
): Promise<number> {
  let [low, high, best] = [0, path.length, cost(path[0]!)];
  for (let used = 0; used < evaluations && high - low > 1; used++) {
    const middle = Math.floor((low + high) / 2);
    const { drop } = await evaluate(path[middle]!);
    if (drop <= MAX_DROP) [low, best] = [middle, cost(path[middle]!)];
    else high = middle;
  }
  return best;
}

/** From the most bits, always the step down of least damage for what it saves. */
function ratioGreedy(layers: readonly ChoosingLayer[]): readonly (readonly number[])[] {
  const path = [layers.map(({ choices }) => choices.length - 1)];
  for (;;) {
    const at = path.at(-1)!;
    const steps = at.flatMap((choice, l) => {
      if (choice === 0) return [];
      const [from, to] = [layers[l]!.choices[choice]!, layers[l]!.choices[choice - 1]!];
      return [{ l, ratio: (to.damage - from.damage) / (from.cost - to.cost) }];
    });
    if (steps.length === 0) return path;
    const step = steps.reduce((a, b) => (b.ratio < a.ratio ? b : a));
    path.push(at.map((choice, l) => (l === step.l ? choice - 1 : choice)));
  }
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

describe('cheapestWithin', () => {
  it('finds the cheapest point of the curve where damages are as predicted', async () => {
    for (const seed of seeds) {
      const net = network(seed, 0, 0);
      const { chosen, curve, isBracketed } = await cheapestWithin({ ...net, maxDrop: MAX_DROP });
      const drops = await Promise.all(curve.map(({ choices }) => net.evaluate(choices)));
      const cheapest = curve.find((_, index) => drops[index]!.drop <= MAX_DROP)!;
      expect(isBracketed).toBe(true);
      expect(chosen!.drop).toBeLessThanOrEqual(MAX_DROP);
      expect(chosen!.cost).toBeLessThanOrEqual(cheapest.cost * 1.006);
    }
  });

  it('keeps the bound, and is cheaper than uniform bits and ratio-greedy at as many evaluations', async () => {
    const ratios = { uniform: 0, greedy: 0 };
    for (const seed of seeds) {
      const found = await cheapestWithin({ ...network(seed, 0.8), maxDrop: MAX_DROP });
      expect(found.chosen!.drop).toBeLessThanOrEqual(MAX_DROP);
      expect(found.tries.length).toBeLessThanOrEqual(MOST_EVALUATIONS);
      const other = network(seed, 0.8);
      const uniform = BITS.map((_, index) => other.layers.map(() => BITS.length - 1 - index));
      const used = found.tries.length;
      ratios.uniform += Math.log(found.chosen!.cost / (await byHalves(uniform, other, used)));
      ratios.greedy += Math.log(found.chosen!.cost / (await byHalves(ratioGreedy(other.layers), other, used)));
    }
    expect(Math.exp(ratios.uniform / seeds.length)).toBeLessThan(0.9);
    expect(Math.exp(ratios.greedy / seeds.length)).toBeLessThan(1);
  });

  it('chooses nothing where the most bits break the bound', async () => {
    const { layers } = network(1, 0);
    const found = await cheapestWithin({
      layers,
      maxDrop: 0.1,
      evaluate: () => Promise.resolve({ drop: 0.2, divergence: null }),
    });
    expect(found.chosen).toBeNull();
    // The assignment of least damage is among the tries.
    expect(found.tries.at(-1)!.choices).toEqual(layers.map(() => BITS.length - 1));
  });

  it('takes the least of all where everything keeps the bound', async () => {
    const { layers } = network(1, 0);
    const found = await cheapestWithin({
      layers,
      maxDrop: 0.1,
      evaluate: () => Promise.resolve({ drop: 0, divergence: null }),
    });
    expect(found.chosen!.cost).toBeLessThanOrEqual(layers.reduce((sum, l) => sum + l.choices[0]!.cost, 0) * 1.006);
  });

  it('never chooses what was stopped, whatever its estimate', async () => {
    const net = network(3, 0.5);
    const found = await cheapestWithin({
      ...net,
      maxDrop: MAX_DROP,
      evaluate: async (choices) => {
        const own = await net.evaluate(choices);
        return own.drop > MAX_DROP ? { ...own, drop: MAX_DROP / 2, stopped: 'test' } : own;
      },
    });
    expect(found.tries.some(({ stopped }) => stopped !== undefined)).toBe(true);
    expect(found.chosen!.stopped).toBeUndefined();
    expect(found.chosen!.drop).toBeLessThanOrEqual(MAX_DROP);
  });

  it('leaves one layer quantized at least', async () => {
    const layers = ['a', 'b'].map((layer) => ({
      layer,
      choices: [
        { bits: 8, cost: 8, damage: 1 },
        { bits: null, cost: 32, damage: 0 },
      ],
    }));
    const seen: string[] = [];
    await cheapestWithin({
      layers,
      maxDrop: 0,
      evaluate: (choices) => {
        seen.push(choices.join());
        return Promise.resolve({ drop: 1, divergence: null });
      },
    });
    expect(seen).not.toContain('1,1');
    expect(new Set(seen).size).toBe(seen.length);
  });
});
