/**
 * The Levenshtein distance of two texts in code points: the least number of insertions, deletions
 * and substitutions that make one of the other.
 */
export function editDistance(one: readonly string[], other: readonly string[]): number {
  const row = Int32Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [place, character] of one.entries()) {
    let diagonal = row[0]!;
    row[0] = place + 1;
    for (let column = 1; column <= other.length; column += 1) {
      const substituted = diagonal + (character === other[column - 1] ? 0 : 1);
      diagonal = row[column]!;
      row[column] = Math.min(substituted, diagonal + 1, row[column - 1]! + 1);
    }
  }
  return row[other.length]!;
}
