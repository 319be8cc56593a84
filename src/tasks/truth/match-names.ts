/**
 * Finds names that stand in a file of ground truth among names of samples: the whole path, or else
 * its last part where that is of one sample only.
 *
 * @returns the index of a name; null where it is of no sample, `several` where it may be of two
 */
export function matchNames(samples: readonly string[]): (name: string) => number | null | 'several' {
  const byPath = new Map<string, number>();
  const byBase = new Map<string, number | 'several'>();
  for (const [index, name] of samples.entries()) {
    byPath.set(plain(name), index);
    byBase.set(base(name), byBase.has(base(name)) ? 'several' : index);
  }
  return (name) => byPath.get(plain(name)) ?? byBase.get(base(name)) ?? null;
}

function plain(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
}

function base(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
