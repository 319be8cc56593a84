import type { Query } from '../query.js';
import { numberOf, toRows } from '../query.js';
import type { MeasuredTrial } from './measured-trial.js';

/** What keeping the worst N layers in float brings back, of quantizing all. */
export interface FloatRung {
  readonly trial: number;
  readonly keepFloat: number;
  readonly effect: number;
  readonly ciLow: number;
  readonly ciHigh: number;
}

/** The rungs of trials that differ in `layers.keepFloat` alone. */
export interface FloatLadder {
  /** Trial that quantizes every layer. */
  readonly whole: number;
  /** Fewest layers in float first. */
  readonly rungs: readonly FloatRung[];
}

/** What changes from the trial that quantizes all to each of the others. */
export function ladderSql(whole: number, others: readonly number[]): string {
  return `SELECT o.value AS trial, e.effect, e.ci_low, e.ci_high
FROM json_each('${JSON.stringify(others)}') o CROSS JOIN paired_effect('[${whole}]', json_array(o.value)) e`;
}

/** Of the finished trials that are equal to `best` but for keepFloat; null without two of them. */
export function readFloatLadder<T extends MeasuredTrial>(
  query: Query,
  trials: readonly T[],
  best: T | null,
): FloatLadder | null {
  const members = ladderTrials(trials, best);
  const whole = members.find(({ settings }) => keepFloatOf(settings) === 0);
  if (whole === undefined || members.length < 2) return null;
  const others = members.filter((trial) => trial !== whole);
  const kept = new Map(others.map(({ trial, settings }) => [trial, keepFloatOf(settings) ?? 0]));
  const rungs = toRows(query(ladderSql(whole.trial, [...kept.keys()]), [])).map((row) => ({
    trial: numberOf(row, 'trial'),
    keepFloat: kept.get(numberOf(row, 'trial')) ?? 0,
    effect: numberOf(row, 'effect'),
    ciLow: numberOf(row, 'ci_low'),
    ciHigh: numberOf(row, 'ci_high'),
  }));
  return rungs.length === 0 ? null : { whole: whole.trial, rungs: rungs.sort((a, b) => a.keepFloat - b.keepFloat) };
}

/** Finished candidates that are equal to `best` but for keepFloat, fewest layers in float first. */
export function ladderTrials<T extends MeasuredTrial>(trials: readonly T[], best: T | null): T[] {
  if (best === null || keepFloatOf(best.settings) === null) return [];
  const alike = withoutKeepFloat(best.settings);
  return trials
    .filter(
      ({ role, status, settings }) => role === 'candidate' && status === 'done' && withoutKeepFloat(settings) === alike,
    )
    .sort((a, b) => (keepFloatOf(a.settings) ?? 0) - (keepFloatOf(b.settings) ?? 0));
}

/** `layers.keepFloat` of a trial's canonical settings; null where they have none. */
export function keepFloatOf(settings: unknown): number | null {
  const kept = (settings as { readonly layers?: { readonly keepFloat?: unknown } | null } | null)?.layers?.keepFloat;
  return typeof kept === 'number' ? kept : null;
}

function withoutKeepFloat(settings: unknown): string {
  return JSON.stringify(settings, (name, value: unknown) => (name === 'keepFloat' ? undefined : value));
}
