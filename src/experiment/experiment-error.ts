import { UserError } from '../errors/quantsweep-error.js';
import { printable } from '../text/printable.js';

/**
 * Where a value of an experiment was written: in the file (line and column from 1) or in a `--set`
 * option.
 */
export type Place =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'option'; readonly option: string };

/** One thing that is wrong with an experiment. */
export interface Problem {
  readonly place: Place;
  /** Dotted path of the setting, e.g. `data.calibration.batches`; empty for the file as a whole. */
  readonly field: string;
  /** e.g. `expected a number from 0 to 1, got 1.5`. */
  readonly text: string;
}

/** `file:line:column`, or the option as it was typed. */
export function formatPlace(place: Place): string {
  return place.kind === 'file' ? `${place.file}:${place.line}:${place.column}` : place.option;
}

function formatProblem({ place, field, text }: Problem): string {
  const parts = [formatPlace(place), ...(field === '' ? [] : [field]), text];
  return parts.map((part) => printable(part.replaceAll('\n', '\\n'), MOST_CHARACTERS)).join(': ');
}

/** Problems that are told: who mends these sees the next ones then. */
const MOST_PROBLEMS = 30;
/** Of a place, a field or a text. */
const MOST_CHARACTERS = 600;

/**
 * Says which value came instead of the expected one: text quoted, long values cut, a missing value
 * as `nothing`.
 */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a mapping';
  // Not JSON for numbers: it has no words for NaN and infinity.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

/** Options first, then the file from top to bottom. */
function comparePlaces(left: Place, right: Place): number {
  if (left.kind === 'option' || right.kind === 'option')
    return Number(left.kind === 'file') - Number(right.kind === 'file');
  return left.line - right.line || left.column - right.column;
}

/**
 * Everything that is wrong with an experiment, one line a problem:
 * `file:line:column: field: expected X, got Y`. Options come first, then the file from top to
 * bottom; problems that read the same are told once.
 */
export class ExperimentError extends UserError {
  static override readonly errorClass = 'ExperimentError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const ordered = [...problems].sort((left, right) => comparePlaces(left.place, right.place));
    const byLine = new Map(ordered.map((problem) => [formatProblem(problem), problem]));
    const lines = [...byLine.keys()];
    const more = lines.length > MOST_PROBLEMS ? [`... and ${lines.length - MOST_PROBLEMS} more`] : [];
    super([...lines.slice(0, MOST_PROBLEMS), ...more].join('\n'));
    this.problems = [...byLine.values()];
  }
}
