import { assignmentCurve, type ChoosingLayer, type CurvePoint } from './assignment-curve.js';
import { rescaleDamages } from './rescale-damages.js';

/** What the evaluation of an assignment gives. */
export interface EvaluatedAssignment {
  /** How far the primary metric is below FP32's, in its unit; an estimate where it was stopped. */
  readonly drop: number;
  /** It breaks the bound, which is known without all samples; absent: it was evaluated whole. */
  readonly stopped?: 'test' | 'certain';
  /** Divergence of the output from FP32's; null where it is not known. */
  readonly divergence: number | null;
}

/** An assignment that was evaluated. */
export interface FrontierTry extends EvaluatedAssignment {
  /** Index of each layer's choice. */
  readonly choices: readonly number[];
  readonly cost: number;
  /** As it was when the assignment was taken, of the damages scaled by all tries before. */
  readonly predicted: number;
}

export interface FoundFrontier {
  /** In the order of evaluation. */
  readonly tries: readonly FrontierTry[];
  /** The cheapest of the tries that keep the bound; null: none does. */
  readonly chosen: FrontierTry | null;
  /**
   * Whether the next cheaper assignments are known to break the bound; false: the evaluations were
   * used up before.
   */
  readonly isBracketed: boolean;
  /** The curve by the damages as they are scaled in the end. */
  readonly curve: readonly CurvePoint[];
}

export interface FrontierSearch {
  readonly layers: readonly ChoosingLayer[];
  /** Largest drop that is allowed. */
  readonly maxDrop: number;
  readonly evaluate: (choices: readonly number[]) => Promise<EvaluatedAssignment>;
}

/** Evaluations at most. */
export const MOST_EVALUATIONS = 16;

/** Assignments whose costs differ by a smaller share are neighbours. */
const NEIGHBOURS = 0.005;

/** A step goes no closer than so to either end of what is left. */
const NEAREST = 0.2;

/**
 * Looks for the cheapest assignment that loses at most `maxDrop`, on the curve of predicted damage.
 * Between the least damage that is known to break the bound and that of the cheapest try that keeps
 * it, the next one is taken by its damage: where the drops at both ends put the bound, else in the
 * middle, on a logarithmic scale. After each try damages are scaled by the divergence that was
 * measured, see {@link rescaleDamages}, and the curve is made anew. It ends where assignments of
 * 0.5 % less cost are known to break the bound, or after {@link MOST_EVALUATIONS}.
 *
 * The drop is assumed to grow with the damage between tries; the assignment that is chosen was
 * itself evaluated.
 */
export async function cheapestWithin({ layers, maxDrop, evaluate }: FrontierSearch): Promise<FoundFrontier> {
  const tries: FrontierTry[] = [];
  for (;;) {
    const scaled = scaledLayers(layers, tries);
    const curve = assignmentCurve(scaled).filter(({ choices }) => quantizesSome(layers, choices));
    const kept = tries.filter((one) => keeps(one, maxDrop));
    const chosen = kept.length === 0 ? null : kept.reduce((a, b) => (b.cost < a.cost ? b : a));
    const next = nextPoint(curve, scaled, tries, chosen, maxDrop);
    if (next === null || tries.length === MOST_EVALUATIONS) {
      return { tries, chosen, isBracketed: chosen !== null && next === null, curve };
    }
    const { choices, cost, damage } = next;
    tries.push({ choices, cost, predicted: damage, ...(await evaluate(choices)) });
  }
}

function keeps({ drop, stopped }: FrontierTry, maxDrop: number): boolean {
  // 0.1 + 0.2 points are 0.3 points.
  return stopped === undefined && drop <= maxDrop + 1e-12;
}

/** A model none of whose layers is quantized is no trial. */
function quantizesSome(layers: readonly ChoosingLayer[], choices: readonly number[]): boolean {
  return choices.some((choice, l) => layers[l]!.choices[choice]!.bits !== null);
}

/** With the damages as the tries' divergences scale them. */
function scaledLayers(layers: readonly ChoosingLayer[], tries: readonly FrontierTry[]): readonly ChoosingLayer[] {
  const factors = rescaleDamages(
    layers.length,
    tries.flatMap(({ choices, divergence }) =>
      divergence === null
        ? []
        : [{ measured: divergence, parts: choices.map((choice, l) => layers[l]!.choices[choice]!.damage) }],
    ),
  );
  return layers.map(({ layer, choices }, l) => ({
    layer,
    choices: choices.map((choice) => ({ ...choice, damage: choice.damage * factors[l]! })),
  }));
}

/** Null where nothing between what breaks the bound and what keeps it is left to try. */
function nextPoint(
  curve: readonly CurvePoint[],
  layers: readonly ChoosingLayer[],
  tries: readonly FrontierTry[],
  chosen: FrontierTry | null,
  maxDrop: number,
): CurvePoint | null {
  const damageOf = ({ choices }: FrontierTry): number =>
    choices.reduce((sum, choice, l) => sum + layers[l]!.choices[choice]!.damage, 0);
  const tried = new Set(tries.map(({ choices }) => choices.join()));
  const floor = chosen === null ? -Infinity : damageOf(chosen);
  const broken = tries
    .filter((one) => !keeps(one, maxDrop) && damageOf(one) > floor)
    .map((one) => ({ one, damage: damageOf(one) }));
  const worst = broken.length === 0 ? null : broken.reduce((a, b) => (b.damage < a.damage ? b : a));
  const open = curve.filter(
    ({ cost, damage, choices }) =>
      (chosen === null || cost < chosen.cost * (1 - NEIGHBOURS)) &&
      (worst === null || (damage < worst.damage && cost > worst.one.cost * (1 + (chosen === null ? 0 : NEIGHBOURS)))) &&
      !tried.has(choices.join()),
  );
  if (open.length === 0) return null;
  const low = chosen === null ? open.at(-1)!.damage : Math.max(floor, Number.MIN_VALUE);
  const high = worst === null ? open[0]!.damage : worst.damage;
  const share =
    chosen === null || worst === null || worst.one.drop <= chosen.drop
      ? 0.5
      : Math.min(1 - NEAREST, Math.max(NEAREST, (maxDrop - chosen.drop) / (worst.one.drop - chosen.drop)));
  const aim = betweenLogarithms(low, high, share);
  // By ascending cost damages fall: the first that is not above.
  return open.find(({ damage }) => damage <= aim) ?? open.at(-1)!;
}

/** Damages of 0 have no logarithm. */
function betweenLogarithms(low: number, high: number, share: number): number {
  if (!(low > 0)) return high * share;
  return Math.exp(Math.log(low) + (Math.log(high) - Math.log(low)) * share);
}
