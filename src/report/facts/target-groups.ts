import type { Query } from '../query.js';
import { numberOf, toRows } from '../query.js';
import type { MeasuredTrial } from './measured-trial.js';
import { trialTarget } from './trial-target.js';
import { toPairedTest, type PairedTest } from './paired-test.js';

/** Trials of one target and one model. */
export interface TargetGroup {
  readonly target: string;
  readonly model: string | null;
  /** Quantized trials, but those of one layer's sensitivity. */
  readonly trials: ReadonlySet<number>;
  /** The finished setting of the lowest place, see {@link judgedRole}; null without one. */
  readonly best: number | null;
  /**
   * Paired tests of the others against that one where it is not the best of the sweep; null where
   * it is, as v_comparison has them.
   */
  readonly tests: readonly PairedTest[] | null;
}

/** What groups are made of. */
export interface GroupedTrials {
  readonly trials: readonly MeasuredTrial[];
  readonly best: Pick<MeasuredTrial, 'trial'> | null;
}

type BareGroup = Omit<TargetGroup, 'tests'> & { readonly rivals: readonly number[] };

/** In the order of the sweep. */
export function readTargetGroups(query: Query, of: GroupedTrials): readonly TargetGroup[] {
  const sql = targetTestsSql(of);
  const tests = sql === null ? [] : toRows(query(sql, []));
  return groupsOf(of).map(({ rivals: _, ...group }) => ({
    ...group,
    tests:
      group.best === null || group.best === of.best?.trial
        ? null
        : tests.filter((row) => numberOf(row, 'other_trial') === group.best).map(toPairedTest),
  }));
}

/** Each finished candidate against the best of its target and model; null without such a pair. */
export function targetTestsSql(of: GroupedTrials): string | null {
  const pairs = groupsOf(of)
    .filter(({ best }) => best !== null && best !== of.best?.trial)
    .flatMap(({ best, rivals }) => rivals.map((trial) => [trial, best!]));
  if (pairs.length === 0) return null;
  return `SELECT o.value ->> 0 AS trial, o.value ->> 1 AS other_trial, c.difference, c.method, c.p_value, c.p_relation, c.z_score, c.ci_low, c.ci_high, c.only_trial, c.only_other
FROM json_each('${JSON.stringify(pairs)}') o CROSS JOIN compare_trials(o.value ->> 0, o.value ->> 1) c`;
}

/**
 * The trials that a target's choice is made of: candidates; where a sweep smooths nothing on it,
 * the unsmoothed ones, which are all its settings.
 */
export function judgedRole(trials: readonly { readonly role: string }[]): 'candidate' | 'unsmoothed' {
  return trials.some(({ role }) => role === 'candidate') ? 'candidate' : 'unsmoothed';
}

function groupsOf({ trials }: GroupedTrials): readonly BareGroup[] {
  const groups = new Map<string, MeasuredTrial[]>();
  for (const trial of trials) {
    const target = trialTarget(trial);
    if (target === null || trial.role === 'sensitivity') continue;
    const key = JSON.stringify([target, trial.model]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else group.push(trial);
  }
  return [...groups.values()].map((own) => {
    const judged = judgedRole(own);
    const finished = own.filter(({ role, status, place }) => role === judged && status === 'done' && place !== null);
    const best = finished.reduce<MeasuredTrial | null>((a, b) => (a === null || b.place! < a.place! ? b : a), null);
    return {
      target: trialTarget(own[0]!)!,
      model: own[0]!.model,
      trials: new Set(own.map(({ trial }) => trial)),
      best: best?.trial ?? null,
      rivals: finished.filter((trial) => trial !== best).map(({ trial }) => trial),
    };
  });
}
