/** Each value once, by code units: sets that are equal are then written alike. */
export function sortedSet<Value extends string>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)].sort();
}
