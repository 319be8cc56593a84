import { describe, expect, it } from 'vitest';
import { assignmentCurve, type ChoosingLayer } from '../../src/frontier/assignment-curve.js';
import { createPrng } from '../../src/statistics/prng.js';

function randomLayers(seed: number, count: number): readonly ChoosingLayer[] {
  const prng = createPrng(seed);
  const random = (): number => prng.nextUint32() / 2 ** 32;
  return Array.from({ length: count }, (_, l) => {
    const weights = 100 + Math.floor(random() * 5000);
    const slope = Math.exp(random() * 6);
    return {
      layer: `l${l}`,
      choices: [2, 3, 4, 8, null].map((bits) => ({
        bits,
        cost: weights * (bits ?? 32),
        damage: bits === null ? 0 : slope * 4 ** -bits,
      })),
    };
  });
}

/** Every assignment, by counting. */
function everyAssignment(layers: readonly ChoosingLayer[]): readonly { cost: number; damage: number }[] {
  let all = [{ cost: 0, damage: 0 }];
  for (const { choices } of layers) {
    all = all.flatMap((one) => choices.map((c) => ({ cost: one.cost + c.cost, damage: one.damage + c.damage })));
  }
  return all;
}

describe('assignmentCurve', () => {
  it('has, at each cost, the least damage that any assignment has', () => {
    for (const seed of [1, 2, 3]) {
      const layers = randomLayers(seed, 5);
      const all = everyAssignment(layers);
      const curve = assignmentCurve(layers);
      const best = all.filter(
        (one) =>
          !all.some(
            (o) => o.cost <= one.cost && o.damage <= one.damage && (o.cost < one.cost || o.damage < one.damage),
          ),
      );
      expect(curve.length).toBe(new Set(best.map(({ cost }) => cost)).size);
      for (const { cost, damage } of curve) {
        expect(Math.min(...all.filter((one) => one.cost <= cost).map((one) => one.damage))).toBeCloseTo(damage, 12);
      }
    }
  });

  it('names the choices that make a point', () => {
    const layers = randomLayers(4, 12);
    for (const { cost, damage, choices } of assignmentCurve(layers)) {
      const chosen = choices.map((choice, l) => layers[l]!.choices[choice]!);
      expect(chosen.reduce((sum, c) => sum + c.cost, 0)).toBe(cost);
      expect(chosen.reduce((sum, c) => sum + c.damage, 0)).toBeCloseTo(damage, 9);
    }
  });

  it('stays within its resolution, and close to the exact curve', () => {
    const layers = randomLayers(5, 20);
    const fine = assignmentCurve(layers, 20_000);
    const coarse = assignmentCurve(layers, 1000);
    expect(coarse.length).toBeLessThanOrEqual(1001);
    expect(coarse[0]!.cost).toBe(fine[0]!.cost);
    expect(coarse.at(-1)!.damage).toBe(0);
    for (const { cost, damage } of coarse) {
      const exact = fine.filter((one) => one.cost <= cost).at(-1)!;
      expect(damage).toBeLessThanOrEqual(exact.damage * 1.1 + 1e-12);
    }
  });

  it('refuses a layer without a precision', () => {
    expect(() => assignmentCurve([{ layer: 'conv', choices: [] }])).toThrow('layer "conv"');
  });
});
