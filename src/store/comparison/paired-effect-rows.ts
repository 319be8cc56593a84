import { pairedEffect, type PairedOutcomes } from '../../statistics/paired-effect.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { canPair, readDoneTrial, readOutcome, type DoneTrial, type StoredOutcome } from './done-trial.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';
import { outcomeReplicates } from '../payload/outcome-replicates.js';

/** Two trials of one evaluation with the difference of their values, other - one. */
interface Pair {
  readonly one: DoneTrial;
  readonly other: DoneTrial;
  readonly difference: number;
  readonly outcomes: PairedOutcomes;
}

/**
 * The row of `paired_effect(trials, others)`: what changes on average from the first trial of each
 * pair to the second, with the 95 % interval of {@link pairedEffect}, over the pairs that are
 * paired by sample. No row without such a pair, or where pairs are judged by different metrics.
 *
 * @param trials JSON array of numbers of trials
 * @param others the same of their counterparts, in the same order
 * @throws StoreError `bad-query` for other JSON, `not-a-database` where stored outcomes are damaged
 */
export function pairedEffectRows(
  connection: Connection,
  trials: Bindable,
  others: Bindable,
): readonly (readonly Bindable[])[] {
  const [ones, twos] = [parseNumbers(trials), parseNumbers(others)];
  if (ones.length !== twos.length) {
    throw new StoreError('bad-query', `Expected as many trials as others, got ${ones.length} and ${twos.length}.`);
  }
  const found = readPairs(
    connection,
    ones.map((one, index) => [one, twos[index]!] as const),
  );
  const [first] = found;
  if (first === undefined || found.some(({ one }) => one.metric !== first.one.metric)) return [];
  const groups = new Map<string, Pair[]>();
  for (const pair of found) {
    const { kind } = pair.outcomes;
    const key = JSON.stringify([pair.one.fp32Key, kind, sizeOf(pair.outcomes)]);
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  const grouped = [...groups.values()];
  const { effect, ciLow, ciHigh } = pairedEffect(grouped.map((group) => group.map(({ outcomes }) => outcomes)));
  const differences = found.map(({ difference }) => difference).sort((a, b) => a - b);
  const kinds = new Set(found.map(({ outcomes }) => outcomes.kind));
  const samples = found.map(({ outcomes }) => (outcomes.kind === 'bitset' ? outcomes.count : null));
  return [
    [
      first.one.metric,
      BigInt(found.length),
      samples.includes(null) ? null : BigInt(Math.max(...samples.map(Number))),
      effect,
      medianOf(differences),
      differences[0]!,
      differences.at(-1)!,
      kinds.has('bootstrap') ? 'paired bootstrap' : 'paired samples',
      ciLow,
      ciHigh,
      ciLow > 0 ? 'higher' : ciHigh < 0 ? 'lower' : 'inside the noise',
    ],
  ];
}

function parseNumbers(list: Bindable): readonly number[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(String(list));
  } catch {
    parsed = undefined;
  }
  if (Array.isArray(parsed) && parsed.every((trial) => Number.isInteger(trial))) return parsed as number[];
  throw new StoreError(
    'bad-query',
    `Expected numbers of trials as a JSON array, such as json_group_array(trial), got ${String(list).slice(0, 80)}.`,
  );
}

function readPairs(connection: Connection, numbers: readonly (readonly [number, number])[]): readonly Pair[] {
  const trials = new Map<number, { trial: DoneTrial; outcome: StoredOutcome | null } | null>();
  const read = (id: number): { trial: DoneTrial; outcome: StoredOutcome | null } | null => {
    let known = trials.get(id);
    if (known === undefined) {
      const trial = readDoneTrial(connection, id);
      known = trial === undefined ? null : { trial, outcome: readOutcome(connection, trial) };
      trials.set(id, known);
    }
    return known;
  };
  return numbers.flatMap(([id, otherId]) => {
    const [one, other] = [read(id), read(otherId)];
    if (one === null || other === null || !canPair(one.trial, other.trial)) return [];
    const difference = other.trial.value - one.trial.value;
    const outcomes = outcomesOf(one.outcome, other.outcome, difference, [id, otherId]);
    return outcomes === null ? [] : [{ one: one.trial, other: other.trial, difference, outcomes }];
  });
}

function outcomesOf(
  one: StoredOutcome | null,
  other: StoredOutcome | null,
  difference: number,
  [id, otherId]: readonly [number, number],
): PairedOutcomes | null {
  if (one === null || other?.kind !== one.kind || other.count !== one.count || one.count === 0) return null;
  try {
    if (one.kind === 'bootstrap') {
      const [own, others] = [outcomeReplicates(one.data), outcomeReplicates(other.data)];
      return { kind: 'bootstrap', one: own, other: others, difference };
    }
  } catch (error) {
    throw new StoreError(
      'not-a-database',
      `The stored outcomes of trials ${id} and ${otherId} can't be compared (${messageOf(error)}): they are damaged.`,
      { cause: error },
    );
  }
  return { kind: 'bitset', count: one.count, one: one.data, other: other.data };
}

function sizeOf(outcomes: PairedOutcomes): number {
  return outcomes.kind === 'bitset' ? outcomes.count : outcomes.one.length;
}

/** The middle value of an ascending list, one or more, or the mean of the middle two. */
function medianOf(ascending: readonly number[]): number {
  const half = ascending.length / 2;
  const upper = ascending[Math.floor(half)]!;
  return Number.isInteger(half) ? (ascending[half - 1]! + upper) / 2 : upper;
}
