import type { PairedRatio } from '../../../records/keep-record.js';
import { proposeSets, type PlacedLayer } from './propose-sets.js';

/** What was timed of one set of layers in float, by the ratios of the same rounds. */
export interface TimedSet {
  /** To FP32. */
  readonly againstFp32: number;
  /** To every layer quantized. */
  readonly againstAll: PairedRatio;
  /** To the set that it was tried against. */
  readonly againstBest: PairedRatio;
  /** Of every layer quantized, to FP32. */
  readonly allAgainstFp32: number;
}

/** One set of layers in float, in graph order. */
export interface SpeedTry {
  readonly layers: readonly string[];
  readonly timed: TimedSet;
}

/** What was tried in order, and the fastest set of them, empty where none is faster. */
export interface FoundPlacement {
  readonly tries: readonly SpeedTry[];
  readonly chosen: SpeedTry;
}

/** How sets are timed on the machine. */
export interface Timing {
  /** Microseconds that a layer takes longer on integers, with these in float; by name. */
  readonly surplus: (inFloat: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Times sets beside `best`, FP32 and every layer quantized, in the same rounds. */
  readonly measure: (sets: readonly (readonly string[])[], best: readonly string[]) => Promise<readonly TimedSet[]>;
}

/** Sets that are timed at most. */
export const MOST_TRIES = 24;

/** Sets that are timed in the same rounds. */
const AT_ONCE = 3;

/**
 * Looks for the layers that a model is faster with in float. The sets of {@link proposeSets} are
 * timed against the best one so far. One whose whole interval of the ratio is below 1 is timed once
 * more: of many sets that are no faster one may look so by chance. Where it is faster again, by the
 * second timing alone, it is the best one, and the search goes on from there. It ends when nothing
 * proposed is faster, or after {@link MOST_TRIES} sets.
 *
 * @param layers those that are quantized, in graph order
 */
export async function searchPlacement(layers: readonly PlacedLayer[], timing: Timing): Promise<FoundPlacement> {
  const [all] = await timing.measure([[]], []);
  let chosen: SpeedTry = { layers: [], timed: all! };
  const tries = [chosen];
  const known = new Set([keyOf([])]);
  for (let next: SpeedTry | null = chosen; next !== null;) {
    chosen = next;
    const surplus = await timing.surplus(chosen.layers);
    const proposed = proposeSets(layers, surplus, chosen.layers).filter((set) => !known.has(keyOf(set)));
    next = await fasterThan(chosen.layers, proposed, tries, known, timing.measure);
  }
  return { tries, chosen };
}

/** The first of the sets that is faster by two timings; null: none. What is timed is added. */
async function fasterThan(
  best: readonly string[],
  proposed: readonly (readonly string[])[],
  tries: SpeedTry[],
  known: Set<string>,
  measure: Timing['measure'],
): Promise<SpeedTry | null> {
  for (let from = 0; from < proposed.length && tries.length <= MOST_TRIES; from += AT_ONCE) {
    const sets = proposed.slice(from, Math.min(from + AT_ONCE, from + MOST_TRIES + 1 - tries.length));
    const timed = await measure(sets, best);
    const found = sets.map((set, index): SpeedTry => ({ layers: set, timed: timed[index]! }));
    for (const set of sets) known.add(keyOf(set));
    const fastest = found.filter(isFaster).sort(byRatio)[0];
    const confirmed = fastest === undefined ? null : await timedAgain(fastest, best, measure);
    // What chose a set among others says it is faster than it is: the second timing counts.
    tries.push(...found.map((each) => (each === fastest ? confirmed! : each)));
    if (confirmed !== null && isFaster(confirmed)) return confirmed;
  }
  return null;
}

async function timedAgain(
  { layers }: SpeedTry,
  best: readonly string[],
  measure: Timing['measure'],
): Promise<SpeedTry> {
  const [timed] = await measure([layers], best);
  return { layers, timed: timed! };
}

function isFaster({ timed }: SpeedTry): boolean {
  return timed.againstBest.high < 1;
}

function byRatio(a: SpeedTry, b: SpeedTry): number {
  return a.timed.againstBest.ratio - b.timed.againstBest.ratio;
}

function keyOf(layers: readonly string[]): string {
  return JSON.stringify(layers);
}
