import { randomBytes } from 'node:crypto';
import { stat, utimes } from 'node:fs/promises';
import { isGone, processPlace } from '../../formats/io/process-place.js';

const TOUCH_MS = 60_000;
/** A process of another container tells only by touching what is its own that it lives. */
const SILENT_MS = 15 * 60_000;

/** Marks of all stores of this process: a process number alone may be that of one before it. */
const ownMarks = new Set<string>();

/**
 * The part of a name that says which process something in a shared folder belongs to, and whether
 * that process is still there.
 */
export class ProcessMarks {
  readonly #place = processPlace();
  readonly #kept = new Map<string, string>();
  #timer: NodeJS.Timeout | null = null;

  /** A new mark, of letters, digits and dots. */
  create(): string {
    const mark = `${this.#place}.${process.pid}.${randomBytes(6).toString('hex')}`;
    ownMarks.add(mark);
    return mark;
  }

  /** Keeps what lies at `path` alive for processes elsewhere, until {@link forget}. */
  keep(mark: string, path: string): void {
    this.#kept.set(mark, path);
    this.#timer ??= setInterval(() => {
      const now = new Date();
      // What is gone needs no touch.
      for (const kept of this.#kept.values()) void utimes(kept, now, now).catch(() => undefined);
    }, TOUCH_MS).unref();
  }

  forget(mark: string): void {
    ownMarks.delete(mark);
    this.#kept.delete(mark);
    if (this.#kept.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Whether the process that made a mark still needs what lies at `path`. */
  async isLive(mark: string, path: string): Promise<boolean> {
    if (ownMarks.has(mark)) return true;
    const [place, pid] = mark.split('.');
    if (place === this.#place) return Number(pid) !== process.pid && !isGone(Number(pid));
    const stats = await stat(path).catch(() => null);
    return stats !== null && Date.now() - stats.mtimeMs < SILENT_MS;
  }
}
