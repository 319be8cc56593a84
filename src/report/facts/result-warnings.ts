import { metricTextOf } from './judged-by.js';
import { countText, significantText } from '../number-text.js';
import type { Query, Row } from '../query.js';
import { numberOf, sqlText, textOf, textOrNull, toRows } from '../query.js';
import { mixedClasses } from './mixed-classes.js';

/** What is wrong with a sweep's results, said before any of them. */
export interface SweepWarning {
  /**
   * Trials that cannot be called the best for it, by number; empty where the numbers hold as they
   * are.
   */
  readonly voidedTrials: ReadonlySet<number>;
  readonly message: string;
  /** Where to look first. */
  readonly cause: string;
}

/** Layers named in one warning. */
const mostNames = 8;

/** The queries behind {@link readWarnings}. */
export const warningsSql = {
  reference: (sweep: string): string =>
    `SELECT w.kind, w.voids, w.message, w.cause, w.stage, st.trial_id AS trial
FROM v_warning w JOIN sweep s ON s.name = w.sweep
JOIN fp32_reference r ON r.stage_id = w.stage
JOIN sweep_trial st ON st.sweep_id = s.id
JOIN trial t ON t.id = st.trial_id AND t.fp32_key = r.fp32_key
WHERE w.sweep = ${sqlText(sweep)} ORDER BY w.voids DESC, w.stage, w.position, st.position`,
  classes: (sweep: string): string =>
    `SELECT numerics_class, trials, stages FROM v_numerics_class WHERE sweep = ${sqlText(sweep)} ORDER BY trials DESC, stages DESC, numerics_class`,
  metrics: (sweep: string): string =>
    `SELECT metric, json_extract(settings, '$.task.kind') AS task, count(*) AS trials FROM v_trial
WHERE sweep = ${sqlText(sweep)} AND metric IS NOT NULL AND role <> 'sensitivity' GROUP BY metric ORDER BY min(position)`,
  unsigned: (sweep: string): string =>
    `SELECT model, position, layer, lowest, trials FROM v_unsigned_input WHERE sweep = ${sqlText(sweep)} ORDER BY lowest`,
};

/** The warnings of a sweep, those that leave no best setting first. */
export function readWarnings(query: Query, sweep: string): readonly SweepWarning[] {
  return [
    ...referenceWarnings(query, sweep),
    ...metricWarnings(query, sweep),
    ...unsignedWarnings(query, sweep),
    ...classWarnings(query, sweep),
  ];
}

function referenceWarnings(query: Query, sweep: string): readonly SweepWarning[] {
  const byFinding = new Map<string, { message: string; cause: string; voidedTrials: Set<number> }>();
  for (const row of toRows(query(warningsSql.reference(sweep), []))) {
    const [message, cause] = [textOf(row, 'message'), textOf(row, 'cause')];
    const key = `${numberOf(row, 'stage')} ${message}`;
    const finding = byFinding.get(key) ?? { message, cause, voidedTrials: new Set<number>() };
    byFinding.set(key, finding);
    if (numberOf(row, 'voids') === 1) finding.voidedTrials.add(numberOf(row, 'trial'));
  }
  return [...byFinding.values()];
}

/**
 * Values of different metrics do not rank: v_place has those of the first metric before all others.
 */
function metricWarnings(query: Query, sweep: string): readonly SweepWarning[] {
  const [first, ...others] = toRows(query(warningsSql.metrics(sweep), []));
  if (first === undefined || others.length === 0) return [];
  const counts = others.map((row) => `${countText(numberOf(row, 'trials'), 'trial')} by ${nameOf(row)}`);
  return [
    {
      voidedTrials: new Set(),
      message: `Trials of this sweep are judged by different metrics, which cannot be ranked together: ${counts.join(', ')}. The best is chosen among those judged by ${nameOf(first)}.`,
      cause: 'Give each task a sweep of its own.',
    },
  ];
}

function nameOf(row: Row): string {
  return metricTextOf(textOrNull(row, 'task'), textOf(row, 'metric')).name;
}

function unsignedWarnings(query: Query, sweep: string): readonly SweepWarning[] {
  const rows = toRows(query(warningsSql.unsigned(sweep), []));
  if (rows.length === 0) return [];
  const trials = Math.max(...rows.map((row) => numberOf(row, 'trials')));
  const named = rows
    .slice(0, mostNames)
    .map((row) => `${textOf(row, 'layer')} (${significantText(numberOf(row, 'lowest'), 3)})`);
  const more = rows.length > mostNames ? ` and ${rows.length - mostNames} more` : '';
  return [
    {
      voidedTrials: new Set(),
      message: `${countText(trials, 'trial')} with quantization.activation.scheme unsigned ${trials === 1 ? 'quantizes' : 'quantize'} inputs that were below 0 during calibration; those values became 0. Lowest values by layer: ${named.join(', ')}${more}.`,
      cause: 'Use signed, auto or asymmetric.',
    },
  ];
}

function classWarnings(query: Query, sweep: string): readonly SweepWarning[] {
  const shares = toRows(query(warningsSql.classes(sweep), [])).map((row) => ({
    numericsClass: textOrNull(row, 'numerics_class'),
    trials: numberOf(row, 'trials'),
    stages: numberOf(row, 'stages'),
  }));
  const mixed = mixedClasses(shares);
  return mixed === null ? [] : [{ voidedTrials: new Set(), ...mixed }];
}

/**
 * True where the numbers name no best setting: the best one's reference is nonsense, or, before
 * there is one, every trial's.
 */
export function isVoided(
  warnings: readonly SweepWarning[],
  best: { readonly trial: number } | null,
  trials: readonly { readonly trial: number }[],
): boolean {
  const isOfNonsense = (trial: number): boolean => warnings.some(({ voidedTrials }) => voidedTrials.has(trial));
  return best === null
    ? trials.length > 0 && trials.every(({ trial }) => isOfNonsense(trial))
    : isOfNonsense(best.trial);
}
