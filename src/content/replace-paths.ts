/**
 * A copy of `value` in which every text that is a key of `by` is replaced: absolute paths by tokens
 * where a job is sent, tokens by this machine's paths where it arrives. Arrays and plain objects
 * are copied at any depth; maps, typed arrays and other objects with a class are passed through.
 */
export function replacePaths<T>(value: T, by: ReadonlyMap<string, string>): T {
  return replaced(value, by) as T;
}

function replaced(value: unknown, by: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return by.get(value) ?? value;
  if (Array.isArray(value)) return value.map((inner) => replaced(inner, by));
  if (!isPlain(value)) return value;
  // Entries, not assignments: a key may be "__proto__".
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, by)]));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
