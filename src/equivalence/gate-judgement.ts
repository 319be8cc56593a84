import type { GateGraph, JudgedOutputs } from './gate-graph.js';

/**
 * How many times what float32 rounds by itself a difference may be and still count as rounding: the
 * smoothed model divides by other numbers than the measured form, by one for each channel.
 */
export const ROUNDING_MARGIN = 10;

/** What of a judged tensor was found over all samples. */
interface Found {
  readonly what: string;
  /** The evaluated output that it is; null: it is none. */
  readonly output: string | null;
  reference: number;
  error: number;
  rounding: number;
}

/** The largest difference of a smoothed model from FP32, relative to what it was held against. */
export interface Judgement {
  /** What differs most. */
  readonly what: string;
  /**
   * Difference / max(absmax, {@link ROUNDING_MARGIN} * rounding / tolerance): at most the tolerance
   * where it is equivalent.
   */
  readonly relativeError: number;
  /** Of the same, relative to its absmax: the difference, and what float32 rounds by itself. */
  readonly difference: number;
  readonly rounding: number;
}

/** Adds up the outputs of a gate's graph and finds what differs most. */
export class GateJudge {
  readonly #found: readonly (Found & { readonly outputs: JudgedOutputs })[];

  constructor({ judged }: GateGraph) {
    this.#found = judged.map((judgedAt) => ({ ...judgedAt, reference: 0, error: 0, rounding: 0 }));
  }

  add(outputs: Readonly<Record<string, { readonly data: Float32Array }>>): void {
    for (const found of this.#found) {
      const number = (name: string): number => outputs[name]!.data[0]!;
      const { reference, error, meanError, rounding } = found.outputs;
      found.reference = Math.max(found.reference, number(reference));
      // NaN stays NaN.
      found.error = Math.max(found.error, number(error), Number.isNaN(number(meanError)) ? NaN : 0);
      found.rounding = Math.max(found.rounding, number(rounding));
    }
  }

  /**
   * @param outputRounding by output, what float32 was found to round it by in another way; absent:
   *   not looked for
   */
  judge(tolerance: number, outputRounding: ReadonlyMap<string, number> = new Map()): Judgement {
    const [first, ...others] = this.#found.map((found) => {
      const own = found.output === null ? 0 : (outputRounding.get(found.output) ?? 0);
      return judgementOf(found, Math.max(found.rounding, own), tolerance);
    });
    // Not by Math.max: NaN is the worst.
    return others.reduce(
      (worst, next) => (Number.isNaN(worst.relativeError) || next.relativeError <= worst.relativeError ? worst : next),
      first!,
    );
  }
}

function judgementOf({ what, reference, error }: Found, rounding: number, tolerance: number): Judgement {
  // A rounding that is no number excuses nothing.
  const excused = Number.isFinite(rounding) ? (ROUNDING_MARGIN * rounding) / tolerance : 0;
  const relativeTo = (largest: number, value: number): number => (largest > 0 ? value / largest : value);
  return {
    what,
    relativeError: relativeTo(Math.max(reference, excused), error),
    difference: relativeTo(reference, error),
    rounding: relativeTo(reference, rounding),
  };
}
