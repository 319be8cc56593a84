import { extname, isAbsolute, relative, sep } from 'node:path';
import { hashTask } from '../tasks/hash-task.js';
import { taskOf } from '../tasks/task-settings.js';
import { ContentCache } from './cache/content-cache.js';
import { checkItem } from './check-item.js';
import { ContentError } from './content-error.js';
import { contentFault, type FaultOptions } from './content-fault.js';
import type { ContentFile, ContentItem } from './content-item.js';
import { placeAt, placeBelow } from './content-place.js';
import { DataFolders, isBelow } from './data-folders.js';
import type { ContentRequest } from './describe-content.js';
import { FileFetcher } from './fetch/fetch-file.js';
import { parseFetchBase } from './fetch/fetch-base.js';
import type { S3Environment } from './fetch/s3-request.js';
import { fillFolder } from './fill-folder.js';
import { codeOf, filesOf } from './paths-in.js';
import { replacePaths } from './replace-paths.js';
import { describeItem, notAllowed, sayMissing } from './say-missing.js';
import { SearchedData } from './searched-data.js';

export interface ContentStoreOptions {
  /** Folders of `--data`: what lies below them may be read. */
  readonly dataFolders: readonly string[];
  /** Shared by the agents of a machine; made where it is missing. */
  readonly cacheFolder: string;
  /** The cache holds at most so much. */
  readonly cacheBytes: number;
  /** `https://HOST/PATH` or `s3://BUCKET/PREFIX`, below which a file has its sha256 as its name. */
  readonly fetchFrom: readonly string[];
  /** Code that may run here: sha256 of a module's bytes, or of a command as `hashTask` has it. */
  readonly allowedCode: ReadonlySet<string>;
  /** Credentials for `s3://`; by default those of this process. */
  readonly environment?: S3Environment;
  /** A server that sends nothing for so long is given up. Default: 60,000. */
  readonly silentMs?: number;
  /** Data folders are looked through again for what is missing, after this. Default: 30,000. */
  readonly walkAgainMs?: number;
}

/** An item that is no longer what it was when it was resolved. */
export interface BadContent {
  readonly token: string;
  /** For people: what is wrong with which file. */
  readonly message: string;
}

/** Where an item was found, or why it was not. */
type Found = { readonly path: string } | { readonly problem: string };

/** What is opened with the first item: the cache's folder may have to be made. */
interface Opened {
  readonly cache: ContentCache;
  readonly search: SearchedData;
}

/**
 * The models and data of an agent, by content: in the cache, in place below the data folders, or
 * fetched. Whatever it gives was verified byte by byte once on this machine, and by size, times and
 * inode since; it lies below the data folders or in the cache, links followed.
 */
export class ContentStore {
  readonly #options: ContentStoreOptions;
  readonly #data: DataFolders;
  readonly #fetcher: FileFetcher;
  #opening: Promise<Opened> | null = null;
  readonly #resolved = new Map<string, string>();
  readonly #resolving = new Map<string, Promise<Found>>();
  readonly #sound = new WeakSet<ContentItem>();
  /** How often an item was resolved and not released. */
  readonly #uses = new Map<string, number>();

  /** @throws ContentError when a data folder or a place to fetch from is wrong */
  constructor(options: ContentStoreOptions) {
    this.#options = options;
    this.#data = new DataFolders(options.dataFolders);
    this.#fetcher = new FileFetcher({
      bases: options.fetchFrom.map(parseFetchBase),
      environment: options.environment ?? process.env,
      silentMs: options.silentMs ?? 60_000,
    });
  }

  /**
   * Finds, puts together or fetches all items. What is in the cache stays there until
   * {@link release}.
   *
   * @returns this machine's absolute path by token
   * @throws ContentError naming each item that is not to be had, and why; the signal's reason
   */
  async resolve(items: readonly ContentItem[], signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const paths = new Map<string, string>();
    const problems: string[] = [];
    const checked = items.map((item) => this.#checked(item));
    try {
      // Commands come last: their words may be tokens of other items.
      for (const item of [...checked].sort((a, b) => Number(a.kind === 'command') - Number(b.kind === 'command'))) {
        if (paths.has(item.token)) continue;
        const found = await this.#resolveOnce(item, signal);
        if ('problem' in found) problems.push(found.problem);
        else {
          paths.set(item.token, found.path);
          const problem = await commandFault(item, paths);
          if (problem !== null) problems.push(problem);
        }
      }
      await (await this.#open()).cache.flush();
      if (problems.length > 0) throw new ContentError(problems);
      return paths;
    } catch (cause) {
      await this.release([...paths.keys()].map((token) => ({ token })));
      throw cause;
    }
  }

  /** Takes back one {@link resolve} of these items: from then on they may leave the cache. */
  async release(items: readonly Pick<ContentItem, 'token'>[]): Promise<void> {
    for (const token of new Set(items.map((item) => item.token))) {
      const uses = (this.#uses.get(token) ?? 0) - 1;
      if (uses > 0) this.#uses.set(token, uses);
      else this.#uses.delete(token);
      await this.#releaseUnused(token);
    }
  }

  /**
   * Makes sure that a job, with the paths of {@link resolve} in place of tokens, reads no other
   * file than resolved ones and runs no code but what is allowed. To be called before each job:
   * what an item says of itself is not what a job does.
   *
   * @throws ContentError
   */
  async admit({ models, sources, tasks }: ContentRequest): Promise<void> {
    const known = new Set(this.#resolved.values());
    const foreign = [...models, ...filesOf(sources, tasks)].find((path) => !known.has(path));
    if (foreign !== undefined) {
      throw new ContentError([
        `Expected a job that reads what was resolved for it, got one that reads ${JSON.stringify(foreign)}. It is refused.`,
      ]);
    }
    const { cache } = await this.#open();
    for (const code of codeOf(sources, tasks)) {
      const sha256 = code.kind === 'module' ? (await cache.hashes.of(code.path)).sha256 : await hashTask(code.task);
      if (sha256 === null || !this.#options.allowedCode.has(sha256))
        throw new ContentError([notAllowed(code.what, sha256)]);
    }
  }

  /**
   * Reads resolved items anew, for when a job found an input changed. A bad one is forgotten, so
   * that {@link resolve} looks for another copy, and taken out of the cache.
   */
  async recheck(items: readonly ContentItem[], signal?: AbortSignal): Promise<readonly BadContent[]> {
    const { cache } = await this.#open();
    const bad: BadContent[] = [];
    for (const item of items.map((each) => this.#checked(each))) {
      const path = this.#resolved.get(item.token);
      if (path === undefined) continue;
      const fault = await contentFault(item, placeAt(path, item), {
        ...this.#faultOptions(cache, signal),
        afresh: true,
      });
      if (fault === null) continue;
      bad.push({ token: item.token, message: `${describeItem(item)}: ${fault}` });
      this.#resolved.delete(item.token);
      if (isBelow(cache.folder, path)) await cache.discard(item.token);
    }
    await cache.flush();
    return bad;
  }

  /** Nothing of the cache is in use by this process any more. */
  async close(): Promise<void> {
    if (this.#opening !== null) await (await this.#opening).cache.close();
    this.#resolved.clear();
    this.#uses.clear();
  }

  async #open(): Promise<Opened> {
    this.#opening ??= ContentCache.open(this.#options.cacheFolder, this.#options.cacheBytes).then((cache) => {
      return { cache, search: new SearchedData(this.#data, cache.hashes, this.#options.walkAgainMs) };
    });
    try {
      return await this.#opening;
    } catch (cause) {
      // Once the folder is mended, the next call has it.
      this.#opening = null;
      throw cause;
    }
  }

  /** Jobs ask again and again; a folder of images is a long list. */
  #checked(item: ContentItem): ContentItem {
    if (!this.#sound.has(item)) this.#sound.add(checkItem(item));
    return item;
  }

  /** One search for an item at a time, whoever wants it. */
  async #resolveOnce(item: ContentItem, signal: AbortSignal | undefined): Promise<Found> {
    for (;;) {
      signal?.throwIfAborted();
      const path = this.#resolved.get(item.token);
      if (path !== undefined) return this.#used(item.token, path);
      const others = this.#resolving.get(item.token);
      if (others === undefined) break;
      // Another caller may give up; this one then searches by itself.
      await others.catch(() => null);
    }
    const search = this.#find(item, signal);
    this.#resolving.set(item.token, search);
    try {
      const found = await search;
      return 'path' in found ? this.#used(item.token, found.path) : found;
    } finally {
      this.#resolving.delete(item.token);
    }
  }

  #used(token: string, path: string): Found {
    this.#resolved.set(token, path);
    this.#uses.set(token, (this.#uses.get(token) ?? 0) + 1);
    return { path };
  }

  async #find(item: ContentItem, signal: AbortSignal | undefined): Promise<Found> {
    const refused = this.#codeFault(item);
    if (refused !== null) return { problem: refused };
    const { cache, search } = await this.#open();
    const isSound = async (folder: string): Promise<boolean> =>
      (await contentFault(item, placeBelow(folder, item), this.#faultOptions(cache, signal))) === null;
    const cached = await cache.use(item, isSound);
    if (cached !== null) return { path: placeBelow(cached, item).path };
    await search.walk(signal);
    for (let isFirst = true; ; isFirst = false) {
      const faults: string[] = [];
      const path = await this.#findInPlace(item, faults, signal);
      if (path !== null) return { path };
      const { copies, missing } = await this.#findCopies(item, signal);
      if (missing.length > 0 && isFirst && (await search.walkAgain(signal))) continue;
      const problem = (): string => this.#sayMissing(item, missing, faults, search);
      if (missing.length > 0 && this.#fetcher.isIdle) {
        return { problem: `${problem()}; no place to fetch it from is given.${ADVICE}` };
      }
      const fill = (folder: string): Promise<void> =>
        fillFolder(item, folder, { copies, fetcher: this.#fetcher, signal });
      try {
        return { path: placeBelow(await cache.build(item, isSound, fill, signal), item).path };
      } catch (cause) {
        if (!(cause instanceof ContentError)) throw cause;
        return { problem: missing.length === 0 ? cause.message : `${problem()}; ${cause.message}` };
      }
    }
  }

  /** @param faults gets what is wrong with folders that look like the item */
  async #findInPlace(item: ContentItem, faults: string[], signal: AbortSignal | undefined): Promise<string | null> {
    const { cache, search } = await this.#open();
    if (item.kind === 'file' || item.kind === 'module') {
      const [file] = item.files;
      for await (const path of search.matches(file!, signal)) {
        // Some formats and all modules go by the ending.
        if (extname(path).toLowerCase() === extname(file!.name).toLowerCase()) return path;
      }
      return null;
    }
    for (const folder of search.homesOf(item)) {
      const place = placeBelow(folder, item);
      const fault = await contentFault(item, place, this.#faultOptions(cache, signal));
      if (fault === null) return place.path;
      faults.push(fault);
    }
    return null;
  }

  /** Where each file lies under any name, and which lie nowhere on this machine. */
  async #findCopies(
    { files }: ContentItem,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly copies: ReadonlyMap<string, string>; readonly missing: readonly ContentFile[] }> {
    const { cache, search } = await this.#open();
    const cached = await cache.files();
    const copies = new Map<string, string>();
    const missing: ContentFile[] = [];
    for (const file of files) {
      const path = await this.#findCopy(file, cached.get(file.sha256), search, signal);
      if (path === null) missing.push(file);
      else copies.set(file.name, path);
    }
    return { copies, missing };
  }

  async #findCopy(
    file: ContentFile,
    cached: string | undefined,
    search: SearchedData,
    signal: AbortSignal | undefined,
  ): Promise<string | null> {
    const { cache } = await this.#open();
    // It may be damaged, or evicted by now.
    const hash = cached === undefined ? null : await cache.hashes.of(cached, { signal }).catch(() => null);
    signal?.throwIfAborted();
    if (cached !== undefined && hash?.sha256 === file.sha256) return cached;
    for await (const path of search.matches(file, signal)) return path;
    return null;
  }

  /** Why an item is code that may not run here, by what it says of itself; null: it may. */
  #codeFault(item: ContentItem): string | null {
    const { allowedCode } = this.#options;
    if (item.kind === 'module') {
      const { sha256 } = item.files[0]!;
      return allowedCode.has(sha256) ? null : notAllowed(`module ${item.name}`, sha256);
    }
    const refused = item.tasks?.find(({ sha256 }) => !allowedCode.has(sha256));
    return refused === undefined ? null : notAllowed(`a command of ${item.name}`, refused.sha256);
  }

  #sayMissing(
    item: ContentItem,
    files: readonly ContentFile[],
    faults: readonly string[],
    search: SearchedData,
  ): string {
    const rivals = files[0] === undefined ? [] : search.rivalsOf(files[0]);
    const { roots, fileCount, linksOut } = this.#data;
    return sayMissing({ item, files, rivals, dataFolders: roots, fileCount, linksOut, faults });
  }

  #faultOptions(cache: ContentCache, signal: AbortSignal | undefined): FaultOptions {
    const isAllowed = (real: string): boolean => this.#data.holds(real) || isBelow(cache.folder, real);
    return { hashes: cache.hashes, isAllowed, linksOut: this.#data.linksOut, signal };
  }

  async #releaseUnused(token: string): Promise<void> {
    if (this.#uses.has(token) || this.#opening === null) return;
    const { cache } = await this.#opening;
    // Somebody may have resolved it since.
    if (this.#uses.has(token)) return;
    const path = this.#resolved.get(token);
    if (path === undefined || !isBelow(cache.folder, path)) return;
    // Another process may evict it from now on.
    this.#resolved.delete(token);
    await cache.release(token);
  }
}

const ADVICE = ' Put a right copy below --data, or give a place to fetch it from.';

/**
 * Why the commands of an item are not those that it says they are; null: they are. Nothing but its
 * own files and resolved ones is read for it.
 */
async function commandFault(item: ContentItem, paths: ReadonlyMap<string, string>): Promise<string | null> {
  const folder = paths.get(item.token)!;
  const ownNames = new Set(item.files.map(({ name }) => name));
  const resolved = new Set(paths.values());
  for (const { task, sha256 } of item.tasks ?? []) {
    const here = replacePaths(task, new Map([...paths, ['', folder]]));
    for (const [word, path] of taskOf(here.kind).namedFiles?.(here) ?? []) {
      const isKnown = isAbsolute(word) ? resolved.has(word) : ownNames.has(relative(folder, path).replaceAll(sep, '/'));
      if (!isKnown)
        return `${describeItem(item)} names ${JSON.stringify(word)}, which it does not hold. It is refused.`;
    }
    const found = await hashTask(here);
    if (found !== sha256) return notAllowed(`${describeItem(item)}, not the command that it says it is`, found);
  }
  return null;
}
