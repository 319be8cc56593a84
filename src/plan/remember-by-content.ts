/**
 * The function with its results kept by the JSON of its argument: equal arguments are calculated once. Arguments are plain
 * JSON; two whose properties merely come in another order count as different, which costs time and nothing else.
 */
export function rememberByContent<Argument, Result>(
  calculate: (argument: Argument) => Result,
): (argument: Argument) => Result {
  const known = new Map<string, Result>();
  return (argument) => {
    const name = JSON.stringify(argument);
    const found = known.get(name);
    if (found !== undefined) return found;
    const result = calculate(argument);
    known.set(name, result);
    return result;
  };
}
