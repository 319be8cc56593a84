import type { AccuracyRecord } from '../records/evaluation-record.js';
import { CustomCodeError } from './custom-error.js';

/** What code of the user's own says of an evaluation. */
export interface CustomScore {
  /** 0..1. */
  readonly value: number;
  /** Further values by name, 0..1 each. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** How the value is called and ranked. */
export interface CustomMetricNames {
  readonly metric: string;
  readonly higherIsBetter: boolean;
}

const NAME = /^[A-Za-z][\w.@-]{0,63}$/;

/**
 * Checks a score, `{ "value": 0.71, "metrics": { "AP": 0.65 } }`.
 *
 * @param where who gave it, for messages
 * @throws CustomCodeError when a number is missing, not finite or outside 0..1, or a name can't be
 *   one
 */
export function readScore(given: unknown, where: string): CustomScore {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new CustomCodeError(`Expected {"value": 0.71, "metrics": {...}} from ${where}, got ${show(given)}`);
  }
  const { value, metrics = {} } = given as { readonly value?: unknown; readonly metrics?: unknown };
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics)) {
    throw new CustomCodeError(
      `Expected "metrics" of ${where} to be a mapping of names to numbers, got ${show(metrics)}`,
    );
  }
  const entries = Object.entries(metrics as Readonly<Record<string, unknown>>);
  for (const [name] of entries) {
    if (NAME.test(name)) continue;
    throw new CustomCodeError(
      `Expected names of letters, digits, dots, @, dashes and underscores in "metrics" of ${where}, got ${show(name)}`,
    );
  }
  return {
    value: readValue(value, '"value"', where),
    metrics: Object.fromEntries(entries.map(([name, each]) => [name, readValue(each, `"metrics.${name}"`, where)])),
  };
}

/** Checks the name that a metric module gives itself. @throws CustomCodeError */
export function readMetricName(name: unknown, where: string): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw new CustomCodeError(`Expected "metric" of ${where} to be a name such as "mAP", got ${show(name)}`);
}

/**
 * What trials are ranked by: the value itself, or `1 - value` as `1-NAME` where lower is better.
 */
export function primaryName({ metric, higherIsBetter }: CustomMetricNames): string {
  return higherIsBetter ? metric : `1-${metric}`;
}

/** See {@link primaryName}. */
export function primaryValue(value: number, { higherIsBetter }: CustomMetricNames): number {
  return higherIsBetter ? value : 1 - value;
}

/** The values besides the primary one; among them the value itself where lower is better. */
export function furtherRecords(score: CustomScore, names: CustomMetricNames): readonly AccuracyRecord[] {
  const further = Object.entries(score.metrics).filter(([name]) => name !== names.metric);
  const own: readonly [string, number][] = names.higherIsBetter ? [] : [[names.metric, score.value]];
  return [...own, ...further].map(([metric, value]) => ({
    metric,
    slice: '',
    value,
    ciLow: null,
    ciHigh: null,
    ciMethod: null,
    correct: null,
    total: null,
  }));
}

function readValue(value: unknown, name: string, where: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new CustomCodeError(`Expected ${name} of ${where} to be a number from 0 to 1, got ${show(value)}`);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
