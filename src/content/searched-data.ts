import { realpath } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { DatasetError } from '../formats/dataset-error.js';
import type { ContentFile, ContentItem } from './content-item.js';
import type { DataFolders } from './data-folders.js';
import type { FileHashes } from './file-hashes.js';

/** Data folders are not looked through again sooner than this, however much is missing. */
const WALK_AGAIN_MS = 30_000;

/**
 * The files of data folders by their bytes: each is read at most once, when its size is asked for.
 */
export class SearchedData {
  readonly #data: DataFolders;
  readonly #hashes: FileHashes;
  readonly #walkAgainMs: number;
  #walking: Promise<void> | null = null;
  #walkedMs = 0;
  readonly #byHash = new Map<string, Set<string>>();
  /** By size: how many of its files were read. */
  readonly #read = new Map<number, number>();

  constructor(data: DataFolders, hashes: FileHashes, walkAgainMs: number = WALK_AGAIN_MS) {
    this.#data = data;
    this.#hashes = hashes;
    this.#walkAgainMs = walkAgainMs;
  }

  /** Looks through the folders, the first time that it is called. */
  async walk(signal: AbortSignal | undefined): Promise<void> {
    this.#walking ??= this.#walk(signal);
    try {
      await this.#walking;
    } catch (cause) {
      this.#walking = null;
      throw cause;
    }
  }

  /** The same again, for what has been added since; false: too little time has gone by. */
  async walkAgain(signal: AbortSignal | undefined): Promise<boolean> {
    if (Date.now() - this.#walkedMs < this.#walkAgainMs) return false;
    this.#walking = null;
    await this.walk(signal);
    return true;
  }

  /** Paths of files with the bytes that are looked for, those of the same name first. */
  async *matches({ name, sizeBytes, sha256 }: ContentFile, signal: AbortSignal | undefined): AsyncGenerator<string> {
    const given = new Set<string>();
    const isMatch = async (path: string): Promise<boolean> => {
      if (given.has(path) || (await this.#hashOf(path, signal)) !== sha256) return false;
      given.add(path);
      return true;
    };
    for (const path of this.#data.named(sizeBytes, basename(name))) if (await isMatch(path)) yield path;
    for (const path of [...(this.#byHash.get(sha256) ?? [])]) if (await isMatch(path)) yield path;
    const all = this.#data.ofSize(sizeBytes);
    for (let next = this.#read.get(sizeBytes) ?? 0; next < all.length; next += 1) {
      const isFound = await isMatch(all[next]!);
      this.#read.set(sizeBytes, Math.max(next + 1, this.#read.get(sizeBytes) ?? 0));
      if (isFound) yield all[next]!;
    }
  }

  /** Folders below which an item's largest file lies under its name, by size. */
  homesOf({ files }: ContentItem): readonly string[] {
    if (files.length === 0) return [];
    const largest = files.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a));
    const tail = `${sep}${largest.name.replaceAll('/', sep)}`;
    return this.#data
      .named(largest.sizeBytes, basename(largest.name))
      .filter((path) => path.endsWith(tail))
      .map((path) => path.slice(0, -tail.length));
  }

  /** Files of the size of one that is missing: perhaps bad copies. Those of its name first. */
  rivalsOf({ name, sizeBytes }: ContentFile): readonly string[] {
    return [...new Set([...this.#data.named(sizeBytes, basename(name)), ...this.#data.ofSize(sizeBytes)])];
  }

  async #walk(signal: AbortSignal | undefined): Promise<void> {
    await this.#data.walk(signal);
    this.#read.clear();
    this.#walkedMs = Date.now();
  }

  /** Null for what can't be read, or is a link that leads out by now. */
  async #hashOf(path: string, signal: AbortSignal | undefined): Promise<string | null> {
    const real = await realpath(path).catch(() => null);
    if (real === null || !this.#data.holds(real)) return null;
    try {
      const { sha256 } = await this.#hashes.of(path, { signal });
      const known = this.#byHash.get(sha256);
      if (known === undefined) this.#byHash.set(sha256, new Set([path]));
      else known.add(path);
      return sha256;
    } catch (cause) {
      if (cause instanceof DatasetError) return null;
      throw cause;
    }
  }
}
