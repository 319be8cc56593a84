import { UsageError } from './usage-error.js';

export type ParameterValues = Readonly<Record<string, string | number | bigint | Uint8Array | null>>;

/** What SQL itself would read as a number. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** `name=value` texts by name; a value that reads as a decimal number becomes one. Throws {@link UsageError}. */
export function parseParameters(texts: readonly string[]): ParameterValues {
  return Object.fromEntries(
    texts.map((text) => {
      const match = /^:?([A-Za-z_]\w*)=(.*)$/s.exec(text);
      if (match === null) throw new UsageError(`Expected --param name=value, got "${text}".`);
      const [, name, value] = match as unknown as readonly [string, string, string];
      return [name, decimal.test(value) ? toNumber(value) : value];
    }),
  );
}

function toNumber(text: string): number | bigint {
  const number = Number(text);
  return /^[+-]?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}
