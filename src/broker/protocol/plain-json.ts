/**
 * True where a value comes back from JSON as it is: no maps, typed arrays or large integers, no
 * number that JSON has no word for. A property that is undefined counts as one that is missing.
 */
export function isPlainJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object': {
      if (value === null) return true;
      if (Array.isArray(value)) return value.every((item) => item !== undefined && isPlainJson(item));
      const prototype: unknown = Object.getPrototypeOf(value);
      return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlainJson);
    }
    case 'bigint':
    case 'symbol':
    case 'function':
      return false;
  }
}
