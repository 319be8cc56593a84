import type { Query, Row } from './query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull, toRows } from './query.js';
import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { factsSql, readTrialFacts } from './sweep-facts.js';
import { color } from './theme.js';

/** A row of the table function compare_trials: two trials paired by sample. */
export interface Verdict {
  readonly difference: number;
  readonly method: 'mcnemar' | 'paired bootstrap';
  readonly pValue: number;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  /** Samples that one alone gets right, both, neither; null for the bootstrap. */
  readonly counts: {
    readonly onlyTrial: number;
    readonly onlyOther: number;
    readonly both: number;
    readonly neither: number;
  } | null;
  readonly significant: boolean;
}

/** Two trials side by side: A, of the sweep whose page it is, and B, of the same sweep or another of the database. */
export interface ComparedTrials {
  readonly sweep: SweepFacts;
  readonly trial: TrialFacts;
  readonly other: TrialFacts;
  /** Name of the sweep of `other`. */
  readonly otherSweep: string;
  /** Address of the page of `other`; null where the report has none. */
  readonly otherHref: string | null;
  /** Null where the two can't be paired sample by sample. */
  readonly verdict: Verdict | null;
  /** True where both were made of the same model file, so that layers are the same; null while one has not finished. */
  readonly sameModel: boolean | null;
}

/** The queries behind {@link ComparedTrials}, as the page shows them. */
export const comparedSql = {
  verdict: (trial: number, other: number): string =>
    `SELECT metric, value, other_value, difference, method, p_value, ci_low, ci_high,
       only_trial, only_other, both, neither, significant
FROM compare_trials(${trial}, ${other})`,
  /** From tables, as no view tells the model's bytes apart. */
  models: (trial: number, other: number): string =>
    `SELECT t.id AS trial, m.name AS model, m.sha256
FROM trial t LEFT JOIN model m ON m.id = t.model_id WHERE t.id IN (${trial}, ${other}) ORDER BY t.id`,
  /** The sweep of a trial, the first of several; from tables, as views are filtered by the sweep. */
  sweepOf: (trial: number): string =>
    `SELECT s.name AS sweep FROM sweep_trial st JOIN sweep s ON s.id = st.sweep_id
WHERE st.trial_id = ${trial} ORDER BY s.id LIMIT 1`,
};

/**
 * Reads what a comparison of trial `trial` of the sweep with `other`, of it or of another sweep, needs to know. Null
 * where the sweep has no such trial, or the database none such as `other`.
 *
 * @param hrefOf address of the page of a trial of another sweep
 */
export function readComparedTrials(
  query: Query,
  sweep: SweepFacts,
  [number, otherNumber]: readonly [number, number],
  hrefOf: (sweep: string, trial: number) => string | null,
): ComparedTrials | null {
  const own = (wanted: number): TrialFacts | null => sweep.allTrials.find(({ trial }) => trial === wanted) ?? null;
  const trial = own(number);
  if (trial === null) return null;
  const name = sweep.sweep.name;
  const beside = own(otherNumber);
  const otherSweep = beside === null ? sweepOf(query, otherNumber) : name;
  const other = beside ?? (otherSweep === null ? null : readTrialFacts(query, otherSweep, otherNumber));
  if (other === null || otherSweep === null) return null;
  const models = toRows(query(comparedSql.models(number, otherNumber), [])).map((row) => textOrNull(row, 'sha256'));
  return {
    sweep,
    trial,
    other,
    otherSweep,
    otherHref: beside === null ? hrefOf(otherSweep, otherNumber) : sweep.links.trial(otherNumber),
    verdict: readVerdict(query, number, otherNumber),
    sameModel: models.includes(null) ? null : new Set(models).size === 1,
  };
}

/** What a paired test says of two trials; null where they can't be paired. */
export function readVerdict(query: Query, trial: number, other: number): Verdict | null {
  const row = toRows(query(comparedSql.verdict(trial, other), []))[0];
  return row === undefined ? null : toVerdict(row);
}

function toVerdict(row: Row): Verdict {
  return {
    difference: numberOf(row, 'difference'),
    method: textOf(row, 'method') as Verdict['method'],
    pValue: numberOf(row, 'p_value'),
    ciLow: numberOrNull(row, 'ci_low'),
    ciHigh: numberOrNull(row, 'ci_high'),
    counts:
      row['only_trial'] === null
        ? null
        : {
            onlyTrial: numberOf(row, 'only_trial'),
            onlyOther: numberOf(row, 'only_other'),
            both: numberOf(row, 'both'),
            neither: numberOf(row, 'neither'),
          },
    significant: numberOf(row, 'significant') === 1,
  };
}

function sweepOf(query: Query, trial: number): string | null {
  const row = toRows(query(comparedSql.sweepOf(trial), []))[0];
  return row === undefined ? null : textOf(row, 'sweep');
}

/** The queries that {@link readComparedTrials} ran, by what they tell. */
export function comparedSources({ sweep, trial, other, otherSweep }: ComparedTrials): (readonly [string, string])[] {
  const name = sweep.sweep.name;
  return [
    ['paired test', comparedSql.verdict(trial.trial, other.trial)],
    ['models', comparedSql.models(trial.trial, other.trial)],
    ['trials', factsSql.trials(name)],
    ...(otherSweep === name
      ? []
      : [
          ['sweep of B', comparedSql.sweepOf(other.trial)] as const,
          ['trial B', factsSql.trial(otherSweep, other.trial)] as const,
        ]),
  ];
}

/**
 * A condition on a view that holds for the rows of both trials.
 *
 * @param of what stands before the columns, e.g. `t.`
 */
export function ofBoth({ sweep, trial, other, otherSweep }: ComparedTrials, of = ''): string {
  const name = sweep.sweep.name;
  return name === otherSweep
    ? `${of}sweep = ${sqlText(name)} AND ${of}trial IN (${trial.trial}, ${other.trial})`
    : `((${of}sweep = ${sqlText(name)} AND ${of}trial = ${trial.trial}) OR (${of}sweep = ${sqlText(otherSweep)} AND ${of}trial = ${other.trial}))`;
}

/** Longest label in a legend; tooltips and tables have the whole. */
const longest = 44;

/** `A: static alpha=0.2, 200 batches` and `B: …`, short enough for a legend. */
export function sideNames({ trial, other }: ComparedTrials): readonly [string, string] {
  const cut = (label: string): string => (label.length <= longest ? label : `${label.slice(0, longest - 1)}…`);
  return [`A: ${cut(trial.label)}`, `B: ${cut(other.label)}`];
}

/** Colours of A and B: FP32 and unsmoothed keep their own where one alone is that, so that a colour has one meaning. */
export function sideColors({ trial, other }: ComparedTrials): readonly [string, string] {
  const own = ({ role }: TrialFacts): string | null =>
    role === 'fp32' ? color('fp32') : role === 'unsmoothed' ? color('unsmoothed') : null;
  if (trial.role === other.role) return [color('sideA'), color('sideB')];
  return [own(trial) ?? color('sideA'), own(other) ?? color('sideB')];
}

/** Vega expression over a row with `trial`: the name of its side as {@link sideNames} has it, as a chart's parameter. */
export function sideExpression({ trial }: ComparedTrials): string {
  return `datum.trial == ${trial.trial} ? sides[0] : sides[1]`;
}

/** Why layers are not set side by side; null where they are. */
export function layersApart({ sameModel, trial, other }: ComparedTrials): string | null {
  if (sameModel === null) return 'Layers are compared once both trials have finished.';
  if (sameModel) return null;
  const names =
    trial.model === other.model ? 'two files of the same name' : `${trial.model ?? ''} and ${other.model ?? ''}`;
  return `The trials are of different models (${names}): layer by layer there is nothing to compare.`;
}
