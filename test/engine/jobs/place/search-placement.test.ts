import { describe, expect, it } from 'vitest';
import type { PlacedLayer } from '../../../../src/engine/jobs/place/propose-sets.js';
import {
  MOST_TRIES,
  searchPlacement,
  type TimedSet,
  type Timing,
} from '../../../../src/engine/jobs/place/search-placement.js';

/** A chain a - b - c - ... */
function chain(names: readonly string[]): readonly PlacedLayer[] {
  return names.map((name, index) => ({
    name,
    neighbours: [names[index - 1], names[index + 1]].filter((other) => other !== undefined),
    isEnd: index === 0 || index === names.length - 1,
  }));
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Every layer takes 10 us in float and 5 on integers, but for these. */
interface Machine {
  readonly integerUs: Readonly<Record<string, number>>;
  /** Of each border between a layer in float and one on integers. */
  readonly conversionUs: number;
  /** What the profile sees, where that is not so. */
  readonly seenUs?: Readonly<Record<string, number>>;
  /** Half the width of intervals. */
  readonly noise?: number;
}

function timeOf({ integerUs, conversionUs }: Machine, inFloat: readonly string[]): number {
  const isFloat = NAMES.map((name) => inFloat.includes(name));
  const layers = NAMES.map((name, at) => (isFloat[at] === true ? 10 : (integerUs[name] ?? 5)));
  const borders = isFloat.filter((own, at) => at > 0 && own !== isFloat[at - 1]).length;
  return layers.reduce((sum, us) => sum + us, borders * conversionUs);
}

function timingOf(machine: Machine): Timing & { readonly measured: string[] } {
  const measured: string[] = [];
  const paired = (own: readonly string[], other: readonly string[]) => {
    const ratio = timeOf(machine, own) / timeOf(machine, other);
    const noise = machine.noise ?? 0.01;
    return { ratio, low: ratio - noise, high: ratio + noise };
  };
  return {
    measured,
    surplus: (inFloat) =>
      Promise.resolve(
        new Map(
          NAMES.filter((name) => !inFloat.includes(name)).map((name) => [
            name,
            (machine.seenUs?.[name] ?? machine.integerUs[name] ?? 5) - 10,
          ]),
        ),
      ),
    measure: (sets, best) => {
      measured.push(...sets.map((set) => set.join('+')));
      return Promise.resolve(
        sets.map((set): TimedSet => ({
          againstFp32: timeOf(machine, set) / timeOf(machine, NAMES),
          againstAll: paired(set, []),
          againstBest: paired(set, best),
          allAgainstFp32: timeOf(machine, []) / timeOf(machine, NAMES),
        })),
      );
    },
  };
}

describe('searchPlacement', () => {
  it('finds the planted layers', async () => {
    const machine = { integerUs: { c: 30, f: 25 }, conversionUs: 2 };
    const { chosen, tries } = await searchPlacement(chain(NAMES), timingOf(machine));
    expect(chosen.layers).toEqual(['c', 'f']);
    // 6 * 5 + 2 * 10 + 4 * 2 = 58 of 6 * 5 + 30 + 25 = 85.
    expect(chosen.timed.againstAll.ratio).toBeCloseTo(58 / 85, 12);
    expect(chosen.timed.againstFp32).toBeCloseTo(58 / 80, 12);
    expect(tries).toContain(chosen);
    expect(tries[0]!.layers).toEqual([]);
  });

  it('takes neighbours along where a conversion on either side would cost the gain', async () => {
    // d alone: 7 less, 2 borders of 5 more. With c and e: 7 less, 2 * 1 more, and the same borders.
    const alone = { integerUs: { d: 17, c: 9, e: 9 }, conversionUs: 5 };
    expect((await searchPlacement(chain(NAMES), timingOf(alone))).chosen.layers).toEqual([]);
    // A head of the model has one border only.
    const head = { integerUs: { h: 16, g: 12 }, conversionUs: 5 };
    expect((await searchPlacement(chain(NAMES), timingOf(head))).chosen.layers).toEqual(['g', 'h']);
  });

  it('leaves nothing in float where nothing is distinguishably faster', async () => {
    const same = { integerUs: {}, conversionUs: 0, seenUs: { b: 11, e: 12 } };
    expect((await searchPlacement(chain(NAMES), timingOf(same))).chosen.layers).toEqual([]);
    const noisy = { integerUs: { c: 12 }, conversionUs: 0, noise: 0.2 };
    const { chosen, tries } = await searchPlacement(chain(NAMES), timingOf(noisy));
    expect(chosen.layers).toEqual([]);
    expect(chosen).toBe(tries[0]);
    expect(tries.length).toBeGreaterThan(1);
  });

  it('believes only what the second timing says again', async () => {
    const timing = timingOf({ integerUs: { c: 12 }, conversionUs: 5 });
    const seen = new Map<string, number>();
    const lucky: Timing = {
      ...timing,
      measure: async (sets, best) => {
        const timed = await timing.measure(sets, best);
        return timed.map((each, index) => {
          const key = sets[index]!.join('+');
          seen.set(key, (seen.get(key) ?? 0) + 1);
          const isFirst = key !== '' && seen.get(key) === 1;
          return isFirst ? { ...each, againstBest: { ratio: 0.5, low: 0.4, high: 0.6 } } : each;
        });
      },
    };
    const { chosen, tries } = await searchPlacement(chain(NAMES), lucky);
    expect(chosen.layers).toEqual([]);
    const c = tries.find(({ layers }) => layers.join() === 'c')!;
    expect(c.timed.againstBest.ratio).toBeGreaterThan(1);
  });

  it('times no set twice but to confirm it, and a bounded number of them', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
    const layers = chain(names);
    const measured: string[] = [];
    const ratio = (set: readonly string[]): number => 1 - set.length / 1000;
    const timing: Timing = {
      surplus: () => Promise.resolve(new Map(names.map((name, index) => [name, index + 1]))),
      measure: (sets, best) => {
        measured.push(...sets.map((set) => set.join('+')));
        return Promise.resolve(
          sets.map((set) => {
            const paired = { ratio: ratio(set) / ratio(best), low: 0, high: ratio(set) / ratio(best) };
            return { againstFp32: ratio(set), againstAll: paired, againstBest: paired, allAgainstFp32: 1 };
          }),
        );
      },
    };
    const { tries } = await searchPlacement(layers, timing);
    expect(tries.length).toBeLessThanOrEqual(MOST_TRIES + 1);
    expect(new Set(tries.map(({ layers: set }) => set.join('+'))).size).toBe(tries.length);
    expect(measured.length).toBeLessThanOrEqual(2 * (MOST_TRIES + 1));
  });

  it('is the same each time, and never leaves every layer in float', async () => {
    const machine = { integerUs: Object.fromEntries(NAMES.map((name) => [name, 40])), conversionUs: 3 };
    const [first, second] = [timingOf(machine), timingOf(machine)];
    const found = await searchPlacement(chain(NAMES), first);
    expect(await searchPlacement(chain(NAMES), second)).toEqual(found);
    expect(second.measured).toEqual(first.measured);
    expect(found.chosen.layers.length).toBe(NAMES.length - 1);
  });
});
