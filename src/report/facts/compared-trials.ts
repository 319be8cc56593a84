import type { Query } from '../query.js';
import { numberOf, sqlText, textOf, textOrNull, toRows } from '../query.js';
import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { factsSql, readTrialFacts } from './sweep-facts.js';
import { color } from '../charts/theme.js';
import { readVerdict, verdictSql, type Verdict } from './verdict.js';

/**
 * Two trials side by side: A, of the sweep whose page it is, and B, of the same sweep or another of
 * the database.
 */
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
  /**
   * True where both were made of the same model file, so that layers are the same; null while one
   * has not finished.
   */
  readonly sameModel: boolean | null;
  /** True where layer losses of both are over the same samples, preprocessed alike. */
  readonly sameLossSamples: boolean;
  /** Losses of the layers that both quantize; null where the two have none to compare. */
  readonly commonLoss: CommonLoss | null;
}

/** Mean accumulated L1 over the layers that both trials quantize. */
export interface CommonLoss {
  readonly layers: number;
  readonly a: number;
  readonly b: number;
  /** True where neither quantizes any other layer. */
  readonly isAll: boolean;
}

/** The queries behind {@link ComparedTrials}, as the page shows them. */
export const comparedSql = {
  verdict: verdictSql,
  /** From tables, as no view tells the model's bytes apart. */
  models: (trial: number, other: number): string =>
    `SELECT t.id AS trial, m.name AS model, m.sha256, t.loss_samples, t.fp32_key AS evaluation
FROM trial t LEFT JOIN model m ON m.id = t.model_id WHERE t.id IN (${trial}, ${other}) ORDER BY t.id`,
  /** Means over the layers that both have: a mean over other layers is another measure. */
  commonLoss: (
    [sweep, trial]: readonly [sweep: string, trial: number],
    [otherSweep, other]: readonly [sweep: string, trial: number],
  ): string =>
    `WITH a AS (SELECT layer, l1 FROM v_layer_loss WHERE sweep = ${sqlText(sweep)} AND trial = ${trial} AND mode = 'accumulated'),
b AS (SELECT layer, l1 FROM v_layer_loss WHERE sweep = ${sqlText(otherSweep)} AND trial = ${other} AND mode = 'accumulated')
SELECT count(*) AS layers, avg(a.l1) AS a, avg(b.l1) AS b, (SELECT count(*) FROM a) AS layers_of_a, (SELECT count(*) FROM b) AS layers_of_b
FROM a JOIN b ON b.layer = a.layer`,
  /**
   * The sweep of a trial, the first of several; from tables, as views are filtered by the sweep.
   */
  sweepOf: (trial: number): string =>
    `SELECT s.name AS sweep FROM sweep_trial st JOIN sweep s ON s.id = st.sweep_id
WHERE st.trial_id = ${trial} ORDER BY s.id LIMIT 1`,
};

/**
 * Reads what a comparison of trial `trial` of the sweep with `other`, of it or of another sweep,
 * needs to know. Null where the sweep has no such trial, or the database none such as `other`.
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
  const rows = toRows(query(comparedSql.models(number, otherNumber), []));
  const models = rows.map((row) => textOrNull(row, 'sha256'));
  const sameModel = models.includes(null) ? null : new Set(models).size === 1;
  // FP32 has no losses, and so none over other samples.
  const measured = rows.filter((row) => row['loss_samples'] !== null);
  const sameLossSamples =
    new Set(measured.map((row) => JSON.stringify([row['loss_samples'], row['evaluation']]))).size <= 1;
  const common = comparedSql.commonLoss([name, number], [otherSweep, otherNumber]);
  return {
    sweep,
    trial,
    other,
    otherSweep,
    otherHref: beside === null ? hrefOf(otherSweep, otherNumber) : sweep.links.trial(otherNumber),
    verdict: readVerdict(query, number, otherNumber),
    sameModel,
    sameLossSamples,
    commonLoss: sameModel === true && sameLossSamples && number !== otherNumber ? readCommonLoss(query, common) : null,
  };
}

function readCommonLoss(query: Query, sql: string): CommonLoss | null {
  const row = toRows(query(sql, []))[0];
  if (row === undefined || row['a'] === null || row['b'] === null) return null;
  const layers = numberOf(row, 'layers');
  const isAll = numberOf(row, 'layers_of_a') === layers && numberOf(row, 'layers_of_b') === layers;
  return { layers, a: numberOf(row, 'a'), b: numberOf(row, 'b'), isAll };
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
    ['loss over common layers', comparedSql.commonLoss([name, trial.trial], [otherSweep, other.trial])],
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

/**
 * Colours of A and B: FP32 and unsmoothed keep their own where one alone is that, so that a colour
 * has one meaning.
 */
export function sideColors({ trial, other }: ComparedTrials): readonly [string, string] {
  const own = ({ role }: TrialFacts): string | null =>
    role === 'fp32' ? color('fp32') : role === 'unsmoothed' ? color('unsmoothed') : null;
  if (trial.role === other.role) return [color('sideA'), color('sideB')];
  return [own(trial) ?? color('sideA'), own(other) ?? color('sideB')];
}

/** Why losses of layers are not set side by side; null where they are. */
export function lossesApart(facts: ComparedTrials): string | null {
  if (layersApart(facts) !== null) return layersApart(facts);
  return facts.sameLossSamples
    ? null
    : 'Their losses use different samples (loss.samples, or other evaluation data), so they are not compared.';
}

/** Why layers are not set side by side; null where they are. */
export function layersApart({ sameModel, trial, other }: ComparedTrials): string | null {
  if (sameModel === null) return 'Layers are compared once both trials have finished.';
  if (sameModel) return null;
  const names =
    trial.model === other.model ? 'two files of the same name' : `${trial.model ?? ''} and ${other.model ?? ''}`;
  return `The trials are of different models (${names}), so their layers cannot be compared.`;
}
