import { axisValue } from '../facts/axes.js';
import type { TrialFacts } from '../facts/sweep-facts.js';
import type { VaryingAxis } from '../questions/sweep-shape.js';

/**
 * The neighbours of each trial in the grid: equal in every axis but one, whose values are numbers
 * and next to each other among those of the sweep. At
 * an end, where one neighbour was not tried, the next but one stands in for it: else an end would
 * count as robust for want of trials.
 */
export function gridNeighbours(
  trials: readonly TrialFacts[],
  axes: readonly VaryingAxis[],
): (trial: TrialFacts) => readonly TrialFacts[] {
  const valuesOf = (trial: TrialFacts): readonly (string | null)[] => axes.map(({ path }) => axisValue(trial, path));
  const byPlace = new Map(trials.map((trial) => [JSON.stringify(valuesOf(trial)), trial]));
  return (trial) => {
    const values = valuesOf(trial);
    return axes.flatMap(({ numbers }, index) => {
      const at = numbers.indexOf(Number(values[index] ?? NaN));
      if (at === -1) return [];
      const beside = [numbers[at - 1] ?? numbers[at + 2], numbers[at + 1] ?? numbers[at - 2]];
      return beside.flatMap((next) => {
        if (next === undefined) return [];
        const found = byPlace.get(JSON.stringify(values.with(index, String(next))));
        return found === undefined ? [] : [found];
      });
    });
  };
}
