import { axisName, axisPath, axisValue } from '../facts/axes.js';
import type { TrialFacts } from '../facts/sweep-facts.js';
import type { VaryingAxis } from '../questions/sweep-shape.js';

/** The best lies at an end of an axis, and nothing further inside is tied with it. */
export interface GridEdge {
  readonly path: string;
  readonly end: 'lowest' | 'highest';
  readonly value: number;
  /** What to do: `extend smoothing.alpha beyond 0.95`. */
  readonly advice: string;
}

/** Settings that count something, of which there is one at least. */
const countPaths = /\.(batches|batchSize|samples)$/;

/** Ends at which a setting has nowhere further to go, or further is another question. */
function isNatural(path: string, end: GridEdge['end'], value: number): boolean {
  if (path === axisPath.sampleSeed) return true;
  if (path === axisPath.alpha) return value <= 0 || value >= 1;
  // More bits are always better; how few will do is what such a sweep asks.
  if (path.endsWith('.bits')) return end === 'highest' || value <= 2;
  if (path === 'layers.keepFloat') return value <= 0;
  // One batch, one sample: there is no smaller number of them.
  if (countPaths.test(path) && end === 'lowest') return value <= 1;
  if (path.endsWith('.percentile')) return end === 'highest' && value >= 100;
  return value <= 0;
}

/**
 * The ends of ordered axes at which the settings tied with the best lie, the best among them. An
 * end counts only where all of them lie at it: a tied setting further inside says that going on
 * would not pay.
 *
 * @param settings the best and those tied with it
 */
export function gridEdges(settings: readonly TrialFacts[], axes: readonly VaryingAxis[]): readonly GridEdge[] {
  return axes.flatMap(({ path, numbers }) => {
    const [lowest, highest] = [numbers[0], numbers.at(-1)];
    if (lowest === undefined || highest === undefined || numbers.length < 2) return [];
    const values = settings.map((trial) => axisValue(trial, path));
    return (
      [
        ['lowest', lowest],
        ['highest', highest],
      ] as const
    )
      .filter(([end, value]) => values.every((own) => own === String(value)) && !isNatural(path, end, value))
      .map(([end, value]) => ({ path, end, value, advice: adviceText(path, end, value) }));
  });
}

function adviceText(path: string, end: GridEdge['end'], value: number): string {
  const direction = end === 'highest' ? 'beyond' : 'below';
  return `extend ${axisName(path)} ${direction} ${value} (${path})`;
}
