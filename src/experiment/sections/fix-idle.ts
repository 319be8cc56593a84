import type { FixedWhereIdle } from './section.js';

/**
 * The section with each setting that has no effect at its fixed value, without those whose fixed
 * value is undefined; the same object where there is none.
 */
export function fixIdle<Part extends object, Written>(
  part: Part,
  rules: readonly FixedWhereIdle<Written>[],
  settings: Written,
): Part {
  return rules.reduce(
    (fixed, { path, idleBeside, fixedAt }) =>
      idleBeside(settings) === null ? fixed : (withValueAt(fixed, path.split('.'), fixedAt) as Part),
    part,
  );
}

/** Keeps the order of keys, which stored settings have. */
function withValueAt(part: object, [key, ...rest]: readonly string[], value: unknown): object {
  if (rest.length === 0 && value === undefined) {
    return Object.fromEntries(Object.entries(part).filter(([name]) => name !== key));
  }
  const inner: unknown = (part as Record<string, unknown>)[key!];
  return { ...part, [key!]: rest.length === 0 ? value : withValueAt(inner as object, rest, value) };
}
