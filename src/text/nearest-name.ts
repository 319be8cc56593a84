/**
 * Edits (insert, delete, replace, swap of neighbours) that turn one name into the other: the
 * restricted Damerau-Levenshtein distance, upper and lower case alike.
 */
export function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        best = Math.min(best, beforePrevious[column - 2]! + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/**
 * The candidate that was probably meant, or null: at most a third of its letters (and always two)
 * differ. A dotted path is also found by its last parts alone (`alpha` for `smoothing.alpha`).
 */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  const ending = candidates.find((candidate) => candidate.endsWith(`.${name}`));
  if (ending !== undefined) return ending;
  if (name.length > 200) return null;
  let nearest: string | null = null;
  let nearestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    const allowed = Math.min(Math.max(2, Math.floor(candidate.length / 3)), candidate.length - 1);
    if (distance <= allowed && distance < nearestDistance) [nearest, nearestDistance] = [candidate, distance];
  }
  return nearest;
}

/** `; did you mean "alpha"?`, or nothing where no candidate is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === null ? '' : `; did you mean "${nearest}"?`;
}
