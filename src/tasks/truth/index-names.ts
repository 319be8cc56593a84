/**
 * The rule by which names of samples and names in ground truth belong together, in every task: the
 * whole path, or else its last part.
 *
 * @param names paths, with `/` or `\`; a leading `./` does not count
 * @returns the indices in `names` that a name may mean: none, one, or several
 */
export function indexNames(names: readonly string[]): (name: string) => readonly number[] {
  const byPath = new Map<string, number[]>();
  const byBase = new Map<string, number[]>();
  for (const [index, name] of names.entries()) {
    const path = plain(name);
    append(byPath, path, index);
    append(byBase, base(path), index);
  }
  return (name) => {
    const path = plain(name);
    return byPath.get(path) ?? byBase.get(base(path)) ?? [];
  };
}

function append(index: Map<string, number[]>, key: string, place: number): void {
  const own = index.get(key);
  if (own === undefined) index.set(key, [place]);
  else own.push(place);
}

function plain(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
