import type { Compared } from '../addresses/site-map.js';
import type { Query } from '../query.js';
import { sqlText, textOf, textOrNull, toRows } from '../query.js';
import { comparedSql } from './compared-trials.js';
import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { factsSql, readTrialFacts } from './sweep-facts.js';
import { readVerdict, verdictSql, type Verdict } from './verdict.js';

/** Three trials or more side by side; the first is of the sweep whose page it is. */
export interface ComparedGroup {
  readonly sweep: SweepFacts;
  readonly members: readonly GroupMember[];
  /** True where all were made of the same model file; null while one has not finished. */
  readonly sameModel: boolean | null;
  /** True where layer losses of all are over the same samples, preprocessed alike. */
  readonly sameLossSamples: boolean;
}

/** One of the trials. */
export interface GroupMember {
  /** A, B, C and so on. */
  readonly side: string;
  readonly trial: TrialFacts;
  /** Name of its sweep. */
  readonly sweep: string;
  /** Address of its page; null where the report has none. */
  readonly href: string | null;
  /** It against the first; null of the first itself, and where the two can't be paired. */
  readonly verdict: Verdict | null;
}

const groupSql = {
  /** From tables, as no view tells the model's bytes apart. */
  models: (trials: Compared): string =>
    `SELECT t.id AS trial, m.name AS model, m.sha256, t.loss_samples, t.fp32_key AS evaluation
FROM trial t LEFT JOIN model m ON m.id = t.model_id WHERE t.id IN (${trials.join(', ')}) ORDER BY t.id`,
};

/**
 * Reads what a comparison of several trials needs to know. Null where the sweep lacks the first, or
 * the database any other.
 *
 * @param hrefOf address of the page of a trial of another sweep
 */
export function readComparedGroup(
  query: Query,
  sweep: SweepFacts,
  trials: Compared,
  hrefOf: (sweep: string, trial: number) => string | null,
): ComparedGroup | null {
  const [first = 0] = trials;
  if (!sweep.allTrials.some(({ trial }) => trial === first)) return null;
  const members = trials.map((number, index) => readMember(query, sweep, number, { index, first, hrefOf }));
  const known = members.filter((member) => member !== null);
  if (known.length < members.length) return null;
  const rows = toRows(query(groupSql.models(trials), []));
  const models = rows.map((row) => textOrNull(row, 'sha256'));
  // FP32 has no losses, and so none over other samples.
  const measured = rows.filter((row) => row['loss_samples'] !== null);
  const scopes = new Set(measured.map((row) => JSON.stringify([row['loss_samples'], row['evaluation']])));
  return {
    sweep,
    members: known,
    sameModel: models.includes(null) ? null : new Set(models).size === 1,
    sameLossSamples: scopes.size <= 1,
  };
}

function readMember(
  query: Query,
  sweep: SweepFacts,
  number: number,
  { index, first, hrefOf }: { index: number; first: number; hrefOf: (sweep: string, trial: number) => string | null },
): GroupMember | null {
  const own = sweep.allTrials.find(({ trial }) => trial === number) ?? null;
  const name = own === null ? sweepOf(query, number) : sweep.sweep.name;
  const trial = own ?? (name === null ? null : readTrialFacts(query, name, number));
  if (trial === null || name === null) return null;
  return {
    side: sideOf(index),
    trial,
    sweep: name,
    href: own === null ? hrefOf(name, number) : sweep.links.trial(number),
    verdict: index === 0 ? null : readVerdict(query, number, first),
  };
}

/** `A` to `Z`, then `A2`. */
function sideOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26) + 1}`;
}

function sweepOf(query: Query, trial: number): string | null {
  const row = toRows(query(comparedSql.sweepOf(trial), []))[0];
  return row === undefined ? null : textOf(row, 'sweep');
}

/** The queries that {@link readComparedGroup} ran, by what they tell. */
export function groupSources({ sweep, members }: ComparedGroup): (readonly [string, string])[] {
  const [first, ...others] = members;
  const guests = members.filter((member) => member.sweep !== sweep.sweep.name);
  return [
    ['trials', factsSql.trials(sweep.sweep.name)],
    ['models', groupSql.models(members.map(({ trial }) => trial.trial))],
    ...others.map(({ side, trial }) => [`${side} against A`, verdictSql(trial.trial, first!.trial.trial)] as const),
    ...guests.flatMap(({ side, trial, sweep: name }) => [
      [`sweep of ${side}`, comparedSql.sweepOf(trial.trial)] as const,
      [`trial ${side}`, factsSql.trial(name, trial.trial)] as const,
    ]),
  ];
}

/**
 * A condition on a view that holds for the rows of these members.
 *
 * @param of what stands before the columns, e.g. `t.`
 */
export function ofMembers(members: readonly GroupMember[], of = ''): string {
  const bySweep = new Map<string, number[]>();
  for (const { sweep, trial } of members) bySweep.set(sweep, [...(bySweep.get(sweep) ?? []), trial.trial]);
  const parts = [...bySweep].map(
    ([sweep, trials]) => `(${of}sweep = ${sqlText(sweep)} AND ${of}trial IN (${trials.join(', ')}))`,
  );
  return parts.length === 1 ? parts[0]!.slice(1, -1) : `(${parts.join(' OR ')})`;
}

/** SQL: the place of a row's trial among these members, to sort by. */
export function memberOrder(members: readonly GroupMember[], trial = 'trial'): string {
  return `CASE ${trial} ${members.map((member, index) => `WHEN ${member.trial.trial} THEN ${index}`).join(' ')} END`;
}

/** Why layers of the trials are not set side by side; null where they are. */
export function groupLayersApart({ sameModel }: ComparedGroup): string | null {
  if (sameModel === null) return 'Layers are compared once all trials have finished.';
  return sameModel ? null : 'The trials are of different models, so their layers cannot be compared.';
}

/** Why losses of layers are not set side by side; null where they are. */
export function groupLossesApart(facts: ComparedGroup): string | null {
  if (groupLayersApart(facts) !== null) return groupLayersApart(facts);
  return facts.sameLossSamples
    ? null
    : 'Their losses use different samples (loss.samples, or other evaluation data), so they are not compared.';
}
