import { realpathSync, statSync, type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { ContentError } from './content-error.js';

/** Folders inside folders: more than any data set has. */
const MOST_DEPTH = 64;

/** A folder of arrays has thousands of files of one size. */
interface SameSize {
  readonly paths: string[];
  readonly byName: Map<string, string[]>;
}

/**
 * The files below the folders that an agent may read, by size: only a file of the right size is
 * worth a hash. Links are followed where they stay below one of the folders; one that leads out is
 * as good as not there.
 */
export class DataFolders {
  /** Real paths. */
  readonly roots: readonly string[];
  readonly #bySize = new Map<number, SameSize>();
  #linksOut: string[] = [];
  #files = 0;

  /** @throws ContentError when one of them is no folder */
  constructor(folders: readonly string[]) {
    this.roots = folders.map(realFolder);
  }

  /** Links that lead out of the folders, as last walked. */
  get linksOut(): readonly string[] {
    return this.#linksOut;
  }

  get fileCount(): number {
    return this.#files;
  }

  /** Paths of the files of a size, as last walked. */
  ofSize(sizeBytes: number): readonly string[] {
    return this.#bySize.get(sizeBytes)?.paths ?? [];
  }

  /** Those of them with a base name. */
  named(sizeBytes: number, name: string): readonly string[] {
    return this.#bySize.get(sizeBytes)?.byName.get(name) ?? [];
  }

  /** Looks at all names and sizes anew. */
  async walk(signal?: AbortSignal): Promise<void> {
    this.#bySize.clear();
    this.#linksOut = [];
    this.#files = 0;
    for (const root of new Set(this.roots)) await this.#walk(root, [root], signal);
  }

  /** Whether a real path lies below one of the folders. */
  holds(real: string): boolean {
    return this.roots.some((root) => isBelow(root, real));
  }

  /** @param above real paths of the folder and those that hold it, as they were walked */
  async #walk(folder: string, above: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    for (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) await this.#follow(path, above, signal);
      else if (entry.isDirectory()) {
        if (above.length < MOST_DEPTH) await this.#walk(path, [...above, join(above.at(-1)!, entry.name)], signal);
      } else if (entry.isFile()) await this.#add(path);
    }
  }

  async #follow(path: string, above: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const real = await realpath(path).catch(() => null);
    if (real === null) return;
    if (!this.holds(real)) {
      this.#linksOut.push(path);
      return;
    }
    const stats = await stat(real).catch(() => null);
    if (stats?.isFile() === true) await this.#add(path);
    // A link back to a folder that holds it never ends.
    const goesRound = above.some((folder) => folder === real || isBelow(real, folder));
    if (stats?.isDirectory() === true && !goesRound && above.length < MOST_DEPTH) {
      await this.#walk(path, [...above, real], signal);
    }
  }

  async #add(path: string): Promise<void> {
    const stats = await stat(path).catch(() => null);
    // What is gone, or may not be looked at, is not there.
    if (stats === null) return;
    this.#files += 1;
    const same: SameSize = this.#bySize.get(stats.size) ?? { paths: [], byName: new Map() };
    this.#bySize.set(stats.size, same);
    same.paths.push(path);
    const name = basename(path);
    const namesakes = same.byName.get(name);
    if (namesakes === undefined) same.byName.set(name, [path]);
    else namesakes.push(path);
  }
}

/** Whether a path lies below a folder; both are real paths. */
export function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // A folder that may not be looked into holds nothing for the agent.
    return [];
  }
}

function realFolder(folder: string): string {
  try {
    const real = realpathSync(folder);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    const got = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ContentError([`Expected a folder with data, got ${got} (--data ${folder}).`], { cause });
  }
  throw new ContentError([`Expected a folder with data, got a file (--data ${folder}).`]);
}
