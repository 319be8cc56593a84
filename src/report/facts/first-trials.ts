import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { chooseBest, comparedWith } from './sweep-facts.js';

/** Trials up to which a layer's page chooses among all. */
export const manyTrials = 200;

/** Trials of each choice: some of them may keep the layer in float. */
const ofEach = 8;

const known = new WeakMap<readonly TrialFacts[], Map<string, FirstTrials>>();

/** The trials that come first by any of the choices of a layer's page. */
export interface FirstTrials {
  /** Numbers, ascending. */
  readonly trials: readonly number[];
  /** The same by choice. A choice is the right one where one of its trials quantizes the layer. */
  readonly choices: readonly (readonly number[])[];
}

/**
 * The finished trials of a model that come first by value, by way to choose alpha, or by likeness to the best. The same for
 * every layer, so they are remembered with the sweep.
 */
export function firstTrials(sweep: SweepFacts, model: string): FirstTrials {
  const ofSweep = known.get(sweep.trials) ?? new Map<string, FirstTrials>();
  known.set(sweep.trials, ofSweep);
  const found = ofSweep.get(model) ?? findFirst(sweep, model);
  ofSweep.set(model, found);
  return found;
}

function findFirst({ trials, comparisons }: SweepFacts, model: string): FirstTrials {
  const own = trials.filter((t) => t.model === model && t.status === 'done' && t.role !== 'fp32');
  const best = chooseBest(own);
  const likeBest = otherSettings(best);
  const likeness = new Map(
    own.map((t) => [t, Number(t.absmax === best?.absmax) + Number(otherSettings(t) === likeBest)]),
  );
  const counterpart = comparedWith({ comparisons }, best, 'unsmoothed')?.otherTrial;
  const byValue = own.toSorted((a, b) => (b.value ?? -1) - (a.value ?? -1) || a.position - b.position);
  const byAlpha = own.toSorted((a, b) => (a.alpha ?? -1) - (b.alpha ?? -1) || a.position - b.position);
  const highFirst = own.toSorted((a, b) => (b.alpha ?? -1) - (a.alpha ?? -1) || a.position - b.position);
  const likeFirst = [byAlpha, highFirst].map((order) =>
    order.toSorted((a, b) => (likeness.get(b) ?? 0) - (likeness.get(a) ?? 0)),
  );
  const groups = [...new Set(own.map((t) => `${t.role} ${t.alphaMode}`))];
  const ofGroups = groups.flatMap((group) =>
    [byValue, ...likeFirst].map((order) => order.filter((t) => `${t.role} ${t.alphaMode}` === group)),
  );
  const candidates = byValue.filter((t) => t.role === 'candidate');
  const choices = [candidates, ...ofGroups].map((order) => order.slice(0, ofEach).map((t) => t.trial));
  const numbers = new Set([...choices.flat(), ...(counterpart === undefined ? [] : [counterpart])]);
  return { trials: [...numbers].sort((a, b) => a - b), choices };
}

/** What must be equal for two trials to differ in their smoothing alone. */
function otherSettings(trial: TrialFacts | null): string {
  const others = Object.entries((trial?.settings ?? {}) as Readonly<Record<string, unknown>>);
  return JSON.stringify(others.filter(([name]) => !['role', 'smoothing', 'search'].includes(name)));
}
