import type { QueryParameter } from '../../store/query/named-queries.js';
import { UsageError } from '../../errors/usage-error.js';

export type ParameterValue = string | number | bigint | Uint8Array | null;
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** One `--param`, as it was typed. */
export interface GivenParameter {
  readonly name: string;
  readonly text: string;
  /** Written `name:=value`: a number or null, not text. */
  readonly isValue: boolean;
}

/** What SQL itself would read as a number. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

const wholeNumber = /^(0|-?[1-9]\d*)$/;
const decimalFraction = /^-?(0|[1-9]\d*)\.\d*[1-9]$/;

/**
 * Splits `name=value` and `name:=value`; of several of one name the last counts. @throws
 * {@link UsageError}
 */
export function parseParameters(texts: readonly string[]): readonly GivenParameter[] {
  return texts.map((text) => {
    const match = /^:?([A-Za-z_]\w*)(:?)=(.*)$/s.exec(text);
    if (match === null) throw new UsageError(`Expected --param name=value, got "${text}".`);
    const [, name, colon, value] = match as unknown as readonly [string, string, string, string];
    return { name, text: value, isValue: colon === ':' };
  });
}

/**
 * The value that a parameter of one's own SQL is bound to. A text that is written as SQLite writes
 * a number is bound as that number: SQLite compares it rightly with columns of text, with numbers,
 * and with expressions. Any other text (`2026.10`, `007`, `1e3`) stays text: it is equal to a text,
 * and columns of numbers convert it.
 */
export function bindOwn({ name, text, isValue }: GivenParameter): ParameterValue {
  if (isValue) return toValue(name, text);
  if (name === 'sweep') return text;
  return readsBackAsWritten(text) ? toNumber(text) : text;
}

/**
 * The value of a parameter of a named query, which says what it takes. @throws {@link UsageError}
 */
export function bindDeclared({ name, text, isValue }: GivenParameter, type: QueryParameter['type']): ParameterValue {
  if (isValue && text === 'null') return null;
  if (type === 'text') return text;
  // Numbers of trials and of rows: SQLite's own words for 1.5 name neither.
  const number = decimal.test(text) ? toNumber(text) : null;
  if (typeof number === 'bigint') return number;
  throw new UsageError(`Expected a whole number for --param ${name}, got "${text}".`);
}

/**
 * Whether a text looks like a number that it is not bound as: what to say to who meant the number.
 */
export function isTextLikeNumber(parameter: GivenParameter): boolean {
  return decimal.test(parameter.text) && parameter.name !== 'sweep' && typeof bindOwn(parameter) === 'string';
}

function toValue(name: string, text: string): number | bigint | null {
  if (text === 'null') return null;
  if (decimal.test(text)) return toNumber(text);
  throw new UsageError(`Expected a number or null for --param ${name}:=, got "${text}". Text is given with =.`);
}

/**
 * Whether SQLite, given the number, writes this very text: whole numbers of 64 bits, and fractions
 * of at most 15 digits from 0.0001 on.
 */
function readsBackAsWritten(text: string): boolean {
  if (wholeNumber.test(text)) return isOf64Bits(text);
  if (!decimalFraction.test(text)) return false;
  const digits = text.replace(/^-?(0\.0*)?/, '').replace('.', '');
  return digits.length <= 15 && Math.abs(Number(text)) >= 1e-4;
}

/** Whole numbers as bigints: the driver binds any other number as REAL, whose text is `12.0`. */
function toNumber(text: string): number | bigint {
  return /^[+-]?\d+$/.test(text) && isOf64Bits(text) ? BigInt(text) : Number(text);
}

function isOf64Bits(whole: string): boolean {
  const value = BigInt(whole);
  return BigInt.asIntN(64, value) === value;
}
