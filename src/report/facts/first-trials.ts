import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { chooseBest, comparedWith } from './sweep-facts.js';
import type { Query } from '../query.js';
import { numberOf, sqlText, toRows } from '../query.js';

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
 * The finished trials of a model that come first by place, by way to choose alpha, or by likeness
 * to the best. The same for every layer, so they are remembered with the sweep.
 */
export function firstTrials(sweep: SweepFacts, model: string, query: Query): FirstTrials {
  const ofSweep = known.get(sweep.trials) ?? new Map<string, FirstTrials>();
  known.set(sweep.trials, ofSweep);
  const found = ofSweep.get(model) ?? findFirst(sweep, model, query);
  ofSweep.set(model, found);
  return found;
}

function findFirst({ sweep, trials, comparisons }: SweepFacts, model: string, query: Query): FirstTrials {
  const own = trials.filter((t) => t.model === model && t.status === 'done' && t.role !== 'fp32');
  const best = chooseBest(own);
  // As the query of the layer's page weighs them.
  const alike = new Set(toRows(query(alikeSql(sweep.name, best), [])).map((row) => numberOf(row, 'trial')));
  const likeness = new Map(
    own.map((t) => [t, 2 * Number(alike.has(t.trial)) + Number(best !== null && t.absmax === best.absmax)]),
  );
  const counterpart = comparedWith({ comparisons }, best, 'unsmoothed')?.otherTrial;
  const byPlace = own.toSorted((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity));
  const byAlpha = own.toSorted((a, b) => (a.alpha ?? -1) - (b.alpha ?? -1) || a.position - b.position);
  const highFirst = own.toSorted((a, b) => (b.alpha ?? -1) - (a.alpha ?? -1) || a.position - b.position);
  const likeFirst = [byAlpha, highFirst].map((order) =>
    order.toSorted((a, b) => (likeness.get(b) ?? 0) - (likeness.get(a) ?? 0)),
  );
  const groups = [...new Set(own.map((t) => `${t.role} ${t.alphaMode}`))];
  const ofGroups = groups.flatMap((group) =>
    [byPlace, ...likeFirst].map((order) => order.filter((t) => `${t.role} ${t.alphaMode}` === group)),
  );
  const candidates = byPlace.filter((t) => t.role === 'candidate');
  const choices = [candidates, ...ofGroups].map((order) => order.slice(0, ofEach).map((t) => t.trial));
  const numbers = new Set([...choices.flat(), ...(counterpart === undefined ? [] : [counterpart])]);
  return { trials: [...numbers].sort((a, b) => a - b), choices };
}

/** The trials that differ from the best in how alpha was chosen alone. */
function alikeSql(sweep: string, best: TrialFacts | null): string {
  return `SELECT trial FROM v_alike WHERE sweep = ${sqlText(sweep)}
AND but_alpha = (SELECT but_alpha FROM v_alike WHERE sweep = ${sqlText(sweep)} AND trial = ${best?.trial ?? -1})`;
}
