/** One setting that a goal chooses among. */
export interface GoalCandidate {
  /** FP32's value less its own, in the unit of the metric; null where FP32 was not measured. */
  readonly drop: number | null;
  /** Upper end of the drop's 95 % interval, paired by sample; null without such a test. */
  readonly dropHigh: number | null;
  /** Time over FP32's, with its 95 % interval; null where it was not measured. */
  readonly latency: { readonly ratio: number; readonly low: number; readonly high: number } | null;
  readonly sizeBytes: number | null;
}

/** What a goal comes to. */
export type GoalChoice<Candidate> =
  | {
      readonly kind: 'chosen';
      readonly chosen: Candidate;
      /** `certain`: the whole interval of its drop is within the goal; `estimate`: its value is. */
      readonly within: 'certain' | 'estimate';
      /** Candidates that are within the goal in that sense, and were measured. */
      readonly among: number;
      /** Those within the goal whose latency, or size, is not known. */
      readonly unmeasured: number;
      /** Those that cannot be told from the least, the chosen among them. */
      readonly level: number;
      /** What decided, the first that did. */
      readonly decidedBy: 'only' | 'latency' | 'size' | 'simplicity';
    }
  /** `reference`: no drop is known; `within`: none is in the goal; else nothing was measured. */
  | { readonly kind: 'none'; readonly lacks: 'reference' | 'within' | 'latency' | 'size' };

/** Sizes that differ by less count as equal: names of tensors and metadata take some bytes. */
const equalSizes = 1.01;

/**
 * The candidate with the least latency, or size, of those that lose at most `maxDrop`.
 *
 * Within the goal is certain where the drop and the upper end of its 95 % interval are. Where that
 * holds of no candidate, the drops as measured count, and the result says so.
 *
 * Candidates whose latency interval overlaps that of the fastest cannot be told from it; sizes that
 * differ by less than 1 % are equal. Among level candidates the other of the two measures decides
 * where all of them have it, then `simpler`.
 *
 * @param maxDrop in the unit of the metric
 * @param simpler below 0 where the first is simpler to prepare; 0 where neither is
 */
export function chooseByGoal<Candidate extends GoalCandidate>(
  candidates: readonly Candidate[],
  { maxDrop, minimize }: { readonly maxDrop: number; readonly minimize: 'latency' | 'size' },
  simpler: (one: Candidate, other: Candidate) => number,
): GoalChoice<Candidate> {
  const known = candidates.filter(({ drop }) => drop !== null);
  if (known.length === 0) return { kind: 'none', lacks: 'reference' };
  // 0.1 + 0.2 points are 0.3 points.
  const limit = maxDrop + 1e-12;
  const estimated = known.filter(({ drop }) => drop! <= limit);
  const certain = estimated.filter(({ dropHigh }) => dropHigh !== null && dropHigh <= limit);
  const within = certain.length > 0 ? certain : estimated;
  if (within.length === 0) return { kind: 'none', lacks: 'within' };
  const measured = within.filter((one) => measureOf(one, minimize) !== null);
  if (measured.length === 0) return { kind: 'none', lacks: minimize };
  const least = leastOf(measured, minimize);
  // What cannot be told from FP32 may be level with what is faster, but is not the fastest.
  const faster = minimize === 'latency' ? least.filter(({ latency }) => latency!.high < 1) : [];
  const level = faster.length > 0 ? faster : least;
  const other = minimize === 'latency' ? 'size' : 'latency';
  const rest = level.every((one) => measureOf(one, other) !== null) ? leastOf(level, other) : level;
  const chosen = rest.reduce((a, b) => (simpler(b, a) < 0 ? b : a));
  const decidedBy =
    measured.length === 1 ? 'only' : level.length === 1 ? minimize : rest.length === 1 ? other : 'simplicity';
  return {
    kind: 'chosen',
    chosen,
    within: certain.length > 0 ? 'certain' : 'estimate',
    among: measured.length,
    unmeasured: within.length - measured.length,
    level: level.length,
    decidedBy,
  };
}

function measureOf(one: GoalCandidate, what: 'latency' | 'size'): number | null {
  return what === 'size' ? one.sizeBytes : (one.latency?.ratio ?? null);
}

/** Those that cannot be told from the least; all of them are measured. */
function leastOf<Candidate extends GoalCandidate>(
  candidates: readonly Candidate[],
  what: 'latency' | 'size',
): readonly Candidate[] {
  const least = candidates.reduce((a, b) => (measureOf(b, what)! < measureOf(a, what)! ? b : a));
  return candidates.filter((one) =>
    what === 'size' ? one.sizeBytes! <= least.sizeBytes! * equalSizes : one.latency!.low <= least.latency!.high,
  );
}
