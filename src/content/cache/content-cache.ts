import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ContentError } from '../content-error.js';
import { sizeOf, type ContentItem } from '../content-item.js';
import { FileHashes } from '../file-hashes.js';
import { forEachAtOnce } from '../for-each-at-once.js';
import { KnownHashesFile } from './known-hashes-file.js';
import { MakingLock } from './making-lock.js';
import { ProcessMarks } from './process-marks.js';

const ANOTHERS_WORK_MS = 200;

/**
 * The folder in which agents of a machine keep what they put together, shared by all of them:
 *
 *     items/<sha256 of the manifest>/content/   the files, under their names
 *                                    item.json
 *     making/<sha256>                           by which process: others wait for it
 *     temporary/<sha256>.<mark>/                the same while it is made
 *     temporary/evicted.<mark>/                 on its way out
 *     in-use/<sha256>.<mark>                    by a process: not to be evicted
 *     hashes.jsonl                              see {@link KnownHashesFile}
 *
 * An item is whole from the moment it has its name. What a process that was killed left behind goes
 * when the next one starts, or needs the room.
 */
export class ContentCache {
  readonly folder: string;
  readonly hashes: FileHashes;
  readonly #limitBytes: number;
  readonly #known: KnownHashesFile;
  readonly #marks: ProcessMarks;
  /** By token: the mark of the file that says so. */
  readonly #inUse = new Map<string, string>();

  private constructor(folder: string, limitBytes: number, marks: ProcessMarks, known: KnownHashesFile) {
    this.folder = folder;
    this.#limitBytes = limitBytes;
    this.#marks = marks;
    this.#known = known;
    this.hashes = new FileHashes(known);
  }

  /** @throws ContentError when the folder can't be made or written to */
  static async open(path: string, limitBytes: number): Promise<ContentCache> {
    return inCache(path, async () => {
      await mkdir(path, { recursive: true, mode: 0o700 });
      const folder = await realpath(path);
      for (const part of ['items', 'making', 'temporary', 'in-use'])
        await mkdir(join(folder, part), { recursive: true });
      const marks = new ProcessMarks();
      const known = await KnownHashesFile.open(join(folder, 'hashes.jsonl'));
      const cache = new ContentCache(folder, limitBytes, marks, known);
      await cache.#clean();
      return cache;
    });
  }

  /** Writes down what was hashed. */
  async flush(): Promise<void> {
    await this.#known.flush();
  }

  /**
   * The folder of a whole item, which stays until {@link release}; null where there is none.
   *
   * @param isSound whether the files in a folder are the item's; what is not is removed
   */
  async use(item: ContentItem, isSound: (folder: string) => Promise<boolean>): Promise<string | null> {
    return inCache(this.folder, async () => {
      // First, so that nobody evicts it while it is looked at.
      await this.#claim(item.token);
      const folder = this.#contentOf(item.token);
      if (await exists(folder)) {
        if (await isSound(folder)) {
          await this.#touch(item.token);
          return folder;
        }
        await this.#evict(item.token);
      }
      await this.release(item.token);
      return null;
    });
  }

  /**
   * Makes an item, or waits for another process that does, and returns its folder, which stays
   * until {@link release}.
   *
   * @param fill writes all files into the folder that it is given, and verifies them
   * @throws ContentError when there is no room, or what `fill` throws
   */
  async build(
    item: ContentItem,
    isSound: (folder: string) => Promise<boolean>,
    fill: (folder: string) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    return inCache(this.folder, async () => {
      for (;;) {
        const lock = await MakingLock.take(join(this.folder, 'making', hashOf(item.token)), this.#marks);
        if (lock !== null) {
          try {
            // Another process may have made it just before.
            if (!(await exists(this.#folderOf(item.token)))) await this.#make(item, fill);
          } finally {
            await lock.release();
          }
        }
        const folder = await this.use(item, isSound);
        if (folder !== null) return folder;
        signal?.throwIfAborted();
        await wait(ANOTHERS_WORK_MS, undefined, { signal });
      }
    });
  }

  /** Files of whole items, by sha256; what they hold is to be verified. */
  async files(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const { item } of await this.#items()) {
      for (const { name, sha256 } of item.files) found.set(sha256, join(this.#contentOf(item.token), name));
    }
    return found;
  }

  /** An item is no longer used by this process. */
  async release(token: string): Promise<void> {
    const mark = this.#inUse.get(token);
    if (mark === undefined) return;
    this.#inUse.delete(token);
    await rm(this.#claimOf(token, mark), { force: true });
    this.#marks.forget(mark);
  }

  /** Takes an item out that is not what it should be. */
  async discard(token: string): Promise<void> {
    await this.release(token);
    if (await exists(this.#folderOf(token))) await this.#evict(token);
  }

  async close(): Promise<void> {
    for (const token of [...this.#inUse.keys()]) await this.release(token);
    await this.flush();
  }

  async #claim(token: string): Promise<void> {
    if (this.#inUse.has(token)) return;
    const mark = this.#marks.create();
    this.#inUse.set(token, mark);
    const path = this.#claimOf(token, mark);
    await writeFile(path, '');
    this.#marks.keep(mark, path);
  }

  async #make(item: ContentItem, fill: (folder: string) => Promise<void>): Promise<void> {
    const mark = this.#marks.create();
    const temporary = join(this.folder, 'temporary', `${hashOf(item.token)}.${mark}`);
    try {
      await mkdir(temporary);
      this.#marks.keep(mark, temporary);
      // First, so that other processes count what will be there.
      await writeFile(join(temporary, 'item.json'), JSON.stringify(item));
      await this.#makeRoom(item);
      await fill(await makeFolder(join(temporary, 'content'), item));
      await syncAll(temporary, item);
      await this.#finish(item, temporary);
    } finally {
      // Gone already where it has its name.
      await rm(temporary, { recursive: true, force: true });
      this.#marks.forget(mark);
    }
  }

  /** The item has its name now, unless another process was faster. */
  async #finish(item: ContentItem, temporary: string): Promise<void> {
    const folder = this.#folderOf(item.token);
    try {
      await rename(temporary, folder);
    } catch (cause) {
      if (!(await exists(folder))) throw cause;
      return;
    }
    await syncFolder(dirname(folder));
    // They were verified while they were written.
    for (const { name, sha256 } of item.files) await this.hashes.learn(join(folder, 'content', name), sha256);
  }

  /** @throws ContentError when what may go is not enough */
  async #makeRoom(item: ContentItem): Promise<void> {
    const size = sizeOf(item);
    if (size > this.#limitBytes) {
      throw new ContentError([
        `${item.name} has ${size} bytes, but the cache ${this.folder} may hold ${this.#limitBytes}. Allow it more.`,
      ]);
    }
    await this.#clean();
    const made = await this.#beingMade();
    const items = await this.#items();
    let total = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, made);
    const claimed = await this.#claimed();
    for (const { item: old, sizeBytes } of items.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.#limitBytes) return;
      if (claimed.has(hashOf(old.token))) continue;
      if (await this.#evict(old.token, true)) total -= sizeBytes;
    }
    if (total <= this.#limitBytes) return;
    throw new ContentError([
      `${item.name} needs ${size} bytes in the cache ${this.folder}, which may hold ${this.#limitBytes}; ${total - size} are in use. Allow it more, or run fewer sweeps at once.`,
    ]);
  }

  /** @param unlessClaimed leaves it where a process began to use it meanwhile */
  async #evict(token: string, unlessClaimed = false): Promise<boolean> {
    const mark = this.#marks.create();
    const out = join(this.folder, 'temporary', `evicted.${mark}`);
    try {
      await rename(this.#folderOf(token), out);
      if (unlessClaimed && (await this.#claimed()).has(hashOf(token))) {
        await rename(out, this.#folderOf(token));
        return false;
      }
      await rm(out, { recursive: true, force: true });
      return true;
    } catch (cause) {
      // Another process was faster.
      if (!(await exists(this.#folderOf(token)))) return true;
      throw cause;
    } finally {
      this.#marks.forget(mark);
    }
  }

  /** Removes what processes that are gone left behind. */
  async #clean(): Promise<void> {
    for (const name of await readdir(join(this.folder, 'temporary'))) {
      const path = join(this.folder, 'temporary', name);
      if (!(await this.#marks.isLive(markIn(name), path))) await rm(path, { recursive: true, force: true });
    }
    await this.#claimed();
  }

  /** Of items that living processes use: the sha256 of their manifests. */
  async #claimed(): Promise<ReadonlySet<string>> {
    const claimed = new Set<string>();
    for (const name of await readdir(join(this.folder, 'in-use'))) {
      const path = join(this.folder, 'in-use', name);
      if (await this.#marks.isLive(markIn(name), path)) claimed.add(name.slice(0, name.indexOf('.')));
      else await rm(path, { force: true });
    }
    return claimed;
  }

  /** Bytes of what is being made, as much as it will have. */
  async #beingMade(): Promise<number> {
    let total = 0;
    for (const name of await readdir(join(this.folder, 'temporary'))) {
      if (name.startsWith('evicted.')) continue;
      const item = await readItem(join(this.folder, 'temporary', name));
      if (item !== null) total += sizeOf(item);
    }
    return total;
  }

  async #items(): Promise<{ readonly item: ContentItem; readonly sizeBytes: number; readonly usedMs: number }[]> {
    const items = [];
    for (const name of await readdir(join(this.folder, 'items'))) {
      const folder = join(this.folder, 'items', name);
      const [item, stats] = [await readItem(folder), await stat(folder).catch(() => null)];
      // Another process has just evicted it.
      if (item === null || stats === null) continue;
      items.push({ item, sizeBytes: sizeOf(item), usedMs: stats.mtimeMs });
    }
    return items;
  }

  async #touch(token: string): Promise<void> {
    const now = new Date();
    await utimes(this.#folderOf(token), now, now);
  }

  #folderOf(token: string): string {
    return join(this.folder, 'items', hashOf(token));
  }

  #contentOf(token: string): string {
    return join(this.#folderOf(token), 'content');
  }

  #claimOf(token: string, mark: string): string {
    return join(this.folder, 'in-use', `${hashOf(token)}.${mark}`);
  }
}

function hashOf(token: string): string {
  return token.slice('content:'.length);
}

/** The part of a name after the first dot. */
function markIn(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

async function readItem(folder: string): Promise<ContentItem | null> {
  try {
    return JSON.parse(await readFile(join(folder, 'item.json'), 'utf8')) as ContentItem;
  } catch {
    // It is being made, or on its way out.
    return null;
  }
}

/** Makes the folders that the names of an item lie in. */
async function makeFolder(content: string, { files, folders = [] }: ContentItem): Promise<string> {
  const inside = new Set([...files.map(({ name }) => dirname(name)), ...folders]);
  await mkdir(content);
  for (const name of inside) await mkdir(join(content, name), { recursive: true });
  return content;
}

/** Everything is on the disk before it has its name. */
async function syncAll(temporary: string, { files }: ContentItem): Promise<void> {
  await forEachAtOnce(files, async ({ name }) => {
    const file = await open(join(temporary, 'content', name), 'r+');
    await file.sync().finally(() => file.close());
  });
  const folders = new Set(files.map(({ name }) => dirname(name)));
  for (const name of folders) await syncFolder(join(temporary, 'content', name));
  await syncFolder(temporary);
}

/** Windows has no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** Errors of the system, such as a full disk, as the agent's own. */
async function inCache<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && 'syscall' in cause)) throw cause;
    const advice = cause.code === 'ENOSPC' || cause.code === 'EDQUOT' ? 'Free some space' : 'Check the folder';
    throw new ContentError([`The cache ${folder} can't be used: ${cause.message}. ${advice}.`], { cause });
  }
}
