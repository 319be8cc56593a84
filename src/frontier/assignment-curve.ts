/** One precision that a layer may have. */
export interface PrecisionChoice {
  /** Of the weights; null: the layer stays in float. */
  readonly bits: number | null;
  /** What is minimized: bytes, or bit operations. Costs of layers add up. */
  readonly cost: number;
  /** Predicted damage to the network's output, from 0. Damages of layers add up. */
  readonly damage: number;
}

export interface ChoosingLayer {
  readonly layer: string;
  readonly choices: readonly PrecisionChoice[];
}

/** An assignment that none with at most its cost has less damage than. */
export interface CurvePoint {
  readonly cost: number;
  readonly damage: number;
  /** Index of each layer's choice, in the order of the layers. */
  readonly choices: readonly number[];
}

/** Assignments that are kept at a time: up to here the curve is exact. */
const RESOLUTION = 4096;

interface Front {
  readonly costs: Float64Array;
  readonly damages: Float64Array;
  /** Index in the front of the layers before, and the choice of the last one. */
  readonly parents: Int32Array;
  readonly chosen: Uint8Array;
}

/**
 * The whole curve of assignments by ascending cost and descending damage: a multiple-choice
 * knapsack, by dynamic programming over the layers. Partial assignments that another one beats in
 * both are dropped. Where more than `resolution` are left, the least damage within each of so many
 * equal steps of cost is kept; each point is still an assignment with its exact cost.
 *
 * The assignment of least cost is always on the curve, and so is that of least damage.
 */
export function assignmentCurve(
  layers: readonly ChoosingLayer[],
  resolution: number = RESOLUTION,
): readonly CurvePoint[] {
  const fronts: Front[] = [];
  let costs: Float64Array = Float64Array.of(0);
  let damages: Float64Array = Float64Array.of(0);
  for (const { layer, choices } of layers) {
    if (choices.length === 0) throw new RangeError(`Expected a precision or more for layer "${layer}", got none.`);
    const front = extended(costs, damages, choices, resolution);
    fronts.push(front);
    ({ costs, damages } = front);
  }
  return Array.from(costs, (cost, index) => ({
    cost,
    damage: damages[index]!,
    choices: choicesOf(fronts, index),
  }));
}

function extended(
  costs: Float64Array,
  damages: Float64Array,
  choices: readonly PrecisionChoice[],
  resolution: number,
): Front {
  const wide = choices.length;
  const count = costs.length * wide;
  const cost = Float64Array.from({ length: count }, (_, i) => costs[Math.floor(i / wide)]! + choices[i % wide]!.cost);
  const damage = Float64Array.from(
    { length: count },
    (_, i) => damages[Math.floor(i / wide)]! + choices[i % wide]!.damage,
  );
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => cost[a]! - cost[b]! || damage[a]! - damage[b]! || a - b,
  );
  const front: number[] = [];
  let least = Infinity;
  for (const index of order) {
    if (damage[index]! >= least) continue;
    least = damage[index]!;
    front.push(index);
  }
  const kept = front.length > resolution ? thinned(front, cost, resolution) : front;
  return {
    costs: Float64Array.from(kept, (i) => cost[i]!),
    damages: Float64Array.from(kept, (i) => damage[i]!),
    parents: Int32Array.from(kept, (i) => Math.floor(i / wide)),
    chosen: Uint8Array.from(kept, (i) => i % wide),
  };
}

/** The cheapest, and of each step of cost the last, which has the least damage. */
function thinned(front: readonly number[], cost: Float64Array, resolution: number): readonly number[] {
  const first = cost[front[0]!]!;
  const step = (cost[front.at(-1)!]! - first) / (resolution - 1);
  const stepOf = (index: number): number => Math.floor((cost[index]! - first) / step);
  return front.filter(
    (index, place) => place === 0 || place === front.length - 1 || stepOf(index) < stepOf(front[place + 1]!),
  );
}

function choicesOf(fronts: readonly Front[], last: number): readonly number[] {
  const choices = new Array<number>(fronts.length);
  let index = last;
  for (let layer = fronts.length - 1; layer >= 0; layer--) {
    choices[layer] = fronts[layer]!.chosen[index]!;
    index = fronts[layer]!.parents[index]!;
  }
  return choices;
}
