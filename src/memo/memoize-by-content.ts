/**
 * The function with its results kept by the JSON of its argument: equal arguments are calculated
 * once. Arguments are plain JSON that never changes; two whose properties merely come in another
 * order count as different, which costs time and nothing else. The very same object is not even
 * turned into JSON again.
 */
export function memoizeByContent<Argument extends string | object, Result>(
  calculate: (argument: Argument) => Result,
): (argument: Argument) => Result {
  const known = new Map<string, Result>();
  const ofSame = new Map<Argument, Result>();
  return (argument) => {
    const same = ofSame.get(argument);
    if (same !== undefined) return same;
    const name = JSON.stringify(argument);
    const result = known.get(name) ?? calculate(argument);
    known.set(name, result);
    ofSame.set(argument, result);
    return result;
  };
}
