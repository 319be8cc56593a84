import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessMarks } from './process-marks.js';

/** Between a file's making and its first byte lies no more, unless its maker is gone. */
const UNWRITTEN_MS = 10_000;

/** A file that says which process makes an item, so that others wait for it instead. */
export class MakingLock {
  readonly #path: string;
  readonly #marks: ProcessMarks;
  readonly #mark: string;

  private constructor(path: string, marks: ProcessMarks, mark: string) {
    this.#path = path;
    this.#marks = marks;
    this.#mark = mark;
  }

  /** Null where a living process has it. That of one that is gone is taken away first. */
  static async take(path: string, marks: ProcessMarks): Promise<MakingLock | null> {
    const mark = marks.create();
    try {
      await writeFile(path, mark, { flag: 'wx' });
      marks.keep(mark, path);
      return new MakingLock(path, marks, mark);
    } catch (cause) {
      marks.forget(mark);
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    }
    await removeStale(path, marks);
    return null;
  }

  async release(): Promise<void> {
    const holder = await readFile(this.#path, 'utf8').catch(() => '');
    if (holder === this.#mark) await rm(this.#path, { force: true });
    this.#marks.forget(this.#mark);
  }
}

async function removeStale(path: string, marks: ProcessMarks): Promise<void> {
  const holder = await readFile(path, 'utf8').catch(() => null);
  if (holder === null || (await isHeld(path, holder, marks))) return;
  const own = marks.create();
  const aside = join(path, '..', `stale.${own}`);
  // One process alone moves it. If it is another's by now, nobody waits for that one any more.
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
  marks.forget(own);
}

async function isHeld(path: string, holder: string, marks: ProcessMarks): Promise<boolean> {
  if (holder !== '') return marks.isLive(holder, path);
  const stats = await stat(path).catch(() => null);
  return stats !== null && Date.now() - stats.mtimeMs < UNWRITTEN_MS;
}
