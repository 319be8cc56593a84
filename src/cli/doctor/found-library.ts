/** Where a shared library was found. */
export type FoundLibrary =
  /** The dynamic loader finds it. */
  | { readonly kind: 'found' }
  /** It is on this machine, in a folder that the loader does not search. */
  | { readonly kind: 'unsearched'; readonly folder: string }
  | { readonly kind: 'missing' };

/** One line of a list of needs. */
export function needLine(what: string, found: FoundLibrary): string {
  switch (found.kind) {
    case 'found':
      return `ok       ${what}`;
    case 'unsearched':
      return `unseen   ${what}: in ${found.folder}, where the loader does not look`;
    case 'missing':
      return `missing  ${what}`;
  }
}

/** The command that makes the loader search folders. */
export function searchFolders(folders: readonly string[]): string {
  return `export LD_LIBRARY_PATH=${[...new Set(folders)].join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`;
}
