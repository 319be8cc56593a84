import type { ContentKey } from './plan.js';
import type { Costs, ShardGroup, ShardUnit } from './shard-units.js';

/** What is placed on the shards. */
export interface Placement {
  /** Units by shard; shards without any come last. */
  readonly shards: readonly (readonly ShardUnit[])[];
  /** Cost of the most loaded shard. */
  readonly longest: number;
  /** Sum of the squared loads: the smaller, the more even and the less is done twice. */
  readonly squares: number;
}

/** So much longer may the longest shard be where that leaves groups together. */
const TOGETHER = 1.05;

/** So much larger may the sum of the squared loads be where that leaves groups together. */
const UNEVEN = 1.02;

/** So many numbers of pieces are tried between one a group and one a shard, at most. */
const STEPS = 16;

/**
 * Places groups on `count` shards, so that the longest one is short. A group is cut only where the
 * longest shard is shorter by more than a twentieth for it: each piece runs the group's stages
 * anew. The same groups always give the same placement.
 */
export function balance(groups: readonly ShardGroup[], count: number, costs: Costs): Placement {
  const found = cuts(groups, count, costs).map((pieces) => place(pieces, count, costs));
  const shortest = Math.min(...found.map(({ longest }) => longest));
  const short = found.filter(({ longest }) => longest <= shortest * TOGETHER);
  // Of equally short ones one may leave shards idle. Squares weigh that against doing stages twice.
  const evenest = Math.min(...short.map(({ squares }) => squares));
  // The first ones have the fewest pieces.
  return short.find(({ squares }) => squares <= evenest * UNEVEN)!;
}

/** {@link balance} of the finer groups where that pays more than the cuts cost. */
export function shorter(coarse: Placement, fine: Placement): Placement {
  return coarse.longest <= fine.longest * TOGETHER ? coarse : fine;
}

/** Ways to cut the groups, ever finer: again and again the one with the largest pieces. */
function cuts(groups: readonly ShardGroup[], count: number, costs: Costs): readonly (readonly ShardUnit[])[] {
  const sizes = groups.map((group) => ({ whole: merged(group), most: Math.max(...group.map(({ own }) => own)) }));
  const pieces = groups.map(() => 1);
  const sizeOf = (index: number): number => {
    const { whole, most } = sizes[index]!;
    return costOf(whole, new Set(), costs) - whole.own + Math.max(most, whole.own / pieces[index]!);
  };
  const all = (): readonly ShardUnit[] => groups.flatMap((group, index) => cutInto(group, pieces[index]!, costs));
  const ways = [all()];
  const stride = Math.max(1, Math.floor(count / STEPS));
  for (let number = groups.length + 1; number <= 2 * count; number++) {
    let next = -1;
    for (const [index, { length }] of groups.entries()) {
      if (pieces[index]! < length && (next < 0 || sizeOf(index) > sizeOf(next))) next = index;
    }
    if (next < 0) break;
    pieces[next]! += 1;
    if (number === count || (number - groups.length) % stride === 0) ways.push(all());
  }
  return [...ways, all()];
}

function cutInto(group: ShardGroup, pieces: number, costs: Costs): readonly ShardUnit[] {
  if (pieces === 1) return [merged(group)];
  if (pieces === group.length) return group;
  return fill(group, pieces, costs).flatMap(({ units }) => (units.length === 0 ? [] : [merged(units)]));
}

function place(pieces: readonly ShardUnit[], count: number, costs: Costs): Placement {
  const shards = fill(pieces, count, costs);
  const filled = shards.filter(({ units }) => units.length > 0);
  const empty = shards.filter(({ units }) => units.length === 0);
  return {
    shards: [...filled, ...empty].map(({ units }) => units),
    longest: Math.max(0, ...shards.map(({ load }) => load)),
    squares: shards.reduce((sum, { load }) => sum + load * load, 0),
  };
}

interface Bin {
  load: number;
  readonly stages: Set<ContentKey>;
  readonly units: ShardUnit[];
}

/**
 * Puts each unit, the longest first, where the load is then the smallest (R. L. Graham, Bounds on
 * multiprocessing timing anomalies, 1969); equal ones in the plan's order.
 */
function fill(units: readonly ShardUnit[], count: number, costs: Costs): readonly Bin[] {
  const all = Array.from({ length: count }, (): Bin => ({ load: 0, stages: new Set(), units: [] }));
  const none: ReadonlySet<ContentKey> = new Set();
  const sized = units.map((unit) => ({ unit, size: costOf(unit, none, costs) }));
  sized.sort((a, b) => b.size - a.size || a.unit.positions[0]! - b.unit.positions[0]!);
  for (const { unit } of sized) {
    let best = all[0]!;
    let least = Infinity;
    for (const bin of all) {
      const load = bin.load + costOf(unit, bin.stages, costs);
      if (load < least) [best, least] = [bin, load];
    }
    best.load = least;
    best.units.push(unit);
    for (const key of unit.shared) best.stages.add(key);
  }
  return all;
}

/** What a unit adds where these stages are run already. */
function costOf({ own, shared }: ShardUnit, present: ReadonlySet<ContentKey>, costs: Costs): number {
  let cost = own;
  for (const key of shared) if (!present.has(key)) cost += costs.get(key) ?? 0;
  return cost;
}

function merged(units: readonly ShardUnit[]): ShardUnit {
  return {
    positions: units.flatMap(({ positions }) => positions).sort((a, b) => a - b),
    own: units.reduce((sum, { own }) => sum + own, 0),
    shared: [...new Set(units.flatMap(({ shared }) => shared))],
  };
}
