/** What a cut between two neighbours of an order costs, and what the parts should be like. */
export interface Cuts {
  /** How many there are to be divided. */
  readonly count: number;
  /** Cost of a cut before the element of this index, from 1. */
  readonly costBefore: (index: number) => number;
  /** Cost of a part of the elements from `start` up to, not including, `end`. */
  readonly costOfPart: (start: number, end: number) => number;
  /** Parts have at most so many elements. */
  readonly longest: number;
  /** Exactly so many parts; left out: as many as cost least. */
  readonly parts?: number;
}

/**
 * Divides an order into parts of neighbours at the least total cost, by dynamic programming; of
 * equal costs the one whose last parts begin earliest. Returns where each part begins; empty where
 * nothing is to be divided.
 */
export function cutOrder({ count, costBefore, costOfPart, longest, parts }: Cuts): number[] {
  if (count === 0) return [];
  const rounds = parts === undefined ? 1 : Math.min(parts, count);
  // best[r][end]: least cost of elements before `end` in r parts; without a number of parts, one
  // table that extends itself.
  let best = new Array<number>(count + 1).fill(Infinity);
  best[0] = 0;
  const starts: number[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const next = parts === undefined ? best : new Array<number>(count + 1).fill(Infinity);
    const from = new Array<number>(count + 1).fill(0);
    for (let end = 1; end <= count; end += 1) {
      for (let start = Math.max(0, end - longest); start < end; start += 1) {
        const before = best[start]!;
        if (before === Infinity) continue;
        const cost = before + (start === 0 ? 0 : costBefore(start)) + costOfPart(start, end);
        if (cost < next[end]!) {
          next[end] = cost;
          from[end] = start;
        }
      }
    }
    best = next;
    starts.push(from);
  }
  const found: number[] = [];
  for (let end = count, round = rounds - 1; end > 0; round -= parts === undefined ? 0 : 1) {
    end = starts[round]![end]!;
    found.unshift(end);
  }
  return found;
}
