/**
 * The function with its results kept by the very object, and a key where there is one: thousands of
 * trials share sections, which never change. Equal parts that are two objects count as different,
 * which costs time and nothing else. Results go with the objects.
 */
export function memoizeByIdentity<Part extends object, Key, Result extends string | object | null>(
  calculate: (part: Part, key: Key) => Result,
): (part: Part, ...key: undefined extends Key ? [] : [Key]) => Result {
  const known = new WeakMap<Part, Map<Key | undefined, Result>>();
  return (part, ...[key]) => {
    const ofPart = known.get(part) ?? new Map<Key | undefined, Result>();
    known.set(part, ofPart);
    const before = ofPart.get(key);
    if (before !== undefined) return before;
    // Without a key there is none to give: Key is undefined then.
    const result = calculate(part, key as Key);
    ofPart.set(key, result);
    return result;
  };
}
